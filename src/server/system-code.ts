/** The code of an error of the operating system, like `ENOENT`: says what happened without the words of the error. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
