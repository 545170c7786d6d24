/** What a command knows of the world, so that tests can hand it another one. */
export interface CliContext {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  /** Standard output: what was asked for. */
  write(text: string): void;
  /** Standard error: what went wrong. */
  writeError(text: string): void;
}

/** The world as it is. */
export const processContext: CliContext = {
  env: process.env,
  cwd: process.cwd(),
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
};
