/** A POST of JSON for a shell, the body on lines of its own so that none has to be broken. */
export function asCurl(url: string, body: Record<string, string>): string {
  const json = JSON.stringify(body, null, 2)
    .replaceAll("'", String.raw`'\''`)
    .replaceAll('\n', '\n  ');
  return `curl ${url} \\\n  -H 'content-type: application/json' \\\n  -d '${json}'`;
}
