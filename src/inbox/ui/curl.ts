import { apiUrl } from './ask.ts';
import { info } from './info.ts';

/** A call for a shell that waits for a text to a number: the first after the cursor; unset, the newest that is there or the next to come. */
export function waitingCurl(to: string, after?: string): string {
  return [
    `curl -G ${apiUrl('wait')}`,
    ...(info.value?.access === 'password' ? ['  -H "Authorization: Bearer $PHONEPROOF_INBOX_PASSWORD"'] : []),
    // Without its plus, which a form would take for a blank.
    `  -d to=${to.replace('+', '')}${after === undefined ? '' : ` -d after=${after}`} -d timeout=30`,
  ].join(' \\\n');
}

/** A POST of JSON for a shell, the body on lines of its own so that none has to be broken. */
export function asCurl(url: string, body: Record<string, string>): string {
  const json = JSON.stringify(body, null, 2)
    .replaceAll("'", String.raw`'\''`)
    .replaceAll('\n', '\n  ');
  return `curl ${url} \\\n  -H 'content-type: application/json' \\\n  -d '${json}'`;
}
