import type { RawRequest } from '../messages.ts';

const mask = '***';
const maxBodyLength = 16_384;

/** Names of what only who calls may know: in headers, queries, forms and JSON, of whichever vendor. */
const secretName =
  /secret|passw|pwd|signature|credential|token|authoriz|api[-_]?key|(?:^|[-_])auth(?:[-_]|$)|^(?:sig|key|customer)$/i;

/**
 * Writes down a request as it came, without its credentials: of `Authorization` the scheme and the user stay, of an address the user, cookies go altogether. A body
 * that is neither JSON nor a form is left out, since nobody knows what is in it.
 */
export function rawRequest(
  { method, url, headers }: Pick<Request, 'method' | 'url' | 'headers'>,
  body: string,
): RawRequest {
  const { pathname, search } = new URL(url);
  return {
    method,
    path: `${withoutPasswords(pathname)}${search === '' ? '' : `?${maskedForm(search.slice(1))}`}`,
    headers: Object.fromEntries([...headers].flatMap(maskedHeader)),
    body: shortened(maskedBody(body, headers.get('content-type') ?? '')),
  };
}

function maskedHeader([name, value]: [string, string]): [string, string][] {
  if (name === 'cookie') return [];
  if (name === 'authorization') return [[name, maskedAuthorization(value)]];
  return [[name, secretName.test(name) ? mask : withoutPasswords(value)]];
}

function maskedAuthorization(value: string): string {
  const [, scheme = '', rest = ''] = /^([\w-]+) (.*)$/s.exec(value) ?? [];
  if (scheme === '') return mask;
  const [, user = ''] = /^([^:]+):/.exec(Buffer.from(rest, 'base64').toString()) ?? [];
  if (/^basic$/i.test(scheme) && user !== '') return `${scheme} ${user}:${mask}`;
  const [credential = ''] = scheme.startsWith('AWS4') ? (/^Credential=[\w/-]+/.exec(rest) ?? []) : [];
  return [scheme, credential, mask].filter((part) => part !== '').join(' ');
}

function maskedBody(body: string, type: string): string {
  if (body === '') return '';
  if (/^\s*[[{]/.test(body)) return maskedJson(body);
  // Not all who say so encode it as they should.
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(type) || /^[^\s=&<>]+=[^\s<>]*$/.test(body);
  return isForm ? maskedForm(body) : '(left out: neither JSON nor a form)';
}

/** As it was written where there is nothing to hide. */
function maskedJson(body: string): string {
  try {
    const parsed: unknown = JSON.parse(body);
    const masked = JSON.stringify(parsed, (name, value: unknown) => {
      if (value !== null && secretName.test(name)) return mask;
      return typeof value === 'string' ? withoutPasswords(value) : value;
    });
    return masked === JSON.stringify(parsed) ? body : masked;
  } catch {
    return '(left out: this is no JSON)';
  }
}

/** A form, or a query: what need not be hidden stays as it was written. */
function maskedForm(form: string): string {
  const masked = form.split('&').map((pair) => {
    const [[name = '', value = ''] = []] = new URLSearchParams(pair);
    if (secretName.test(name)) return `${pair.replace(/=.*$/s, '')}=${mask}`;
    const shown = withoutPasswords(value);
    return shown === value ? pair : new URLSearchParams({ [name]: shown }).toString();
  });
  return masked.join('&');
}

/** Addresses with a password in them, such as those for receipts. */
function withoutPasswords(text: string): string {
  return text.replace(/(\b[a-z][a-z\d+.-]{0,30}:\/\/[^\s/?#@:]*):[^\s/?#]*@/gi, `$1:${mask}@`);
}

function shortened(body: string): string {
  const more = body.length - maxBodyLength;
  return more > 0 ? `${body.slice(0, maxBodyLength)}… (${more} characters more)` : body;
}
