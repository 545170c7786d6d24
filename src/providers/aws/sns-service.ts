import { createPublicKey, type KeyObject } from 'node:crypto';
import { ProviderError, ReceiptError } from '../../errors.ts';

/** What is asked of SNS itself. */
export interface SnsService {
  /** The public key of a certificate, asked for once. */
  keyAt(certificateUrl: URL): Promise<KeyObject>;
  confirm(subscribeUrl: URL): Promise<void>;
}

const timeoutMs = 5_000;
const maxAnswerBytes = 65_536;
/** SNS has one or two at a time in a region. */
const maxKeys = 16;

/**
 * Asks SNS for the certificates that it signs with, and confirms subscriptions; addresses must have been checked. Rejects with a `ReceiptError` where SNS knows no such
 * address, with a `ProviderError` where it cannot be reached, so that it tries again. `baseUrl`: who is asked in place of `https://sns.<region>.amazonaws.com`.
 */
export function snsService({ name, baseUrl }: { name: string; baseUrl: string | undefined }): SnsService {
  const keys = new Map<string, Promise<KeyObject>>();

  async function ask({ href, pathname, search }: URL): Promise<string> {
    const url = baseUrl === undefined ? href : baseUrl + pathname + search;
    let answer: { status: number; text: string };
    try {
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await fetch(url, { signal, redirect: 'manual' });
      answer = { status: response.status, text: await readText(response) };
    } catch {
      throw new ProviderError(
        'temporary',
        `${name}: SNS could not be asked: this machine must reach its addresses over HTTPS`,
      );
    }
    if (answer.status === 200) return answer.text;
    if (answer.status >= 500 || answer.status === 429) {
      throw new ProviderError('temporary', `${name}: SNS answered with status ${answer.status}`);
    }
    throw new ReceiptError(`${name}: SNS knows no such certificate or subscription (status ${answer.status})`);
  }

  async function fetchKey(url: URL): Promise<KeyObject> {
    const pem = await ask(url);
    let key: KeyObject;
    try {
      // Reads the key of a certificate, and a public key by itself.
      key = createPublicKey(pem);
    } catch {
      throw new ReceiptError(`${name}: what SNS gives for its certificate is none`);
    }
    if (key.asymmetricKeyType !== 'rsa') throw new ReceiptError(`${name}: the certificate of SNS has no RSA key`);
    return key;
  }

  return {
    keyAt(certificateUrl) {
      const { href } = certificateUrl;
      const kept = keys.get(href);
      if (kept) return kept;
      const key = fetchKey(certificateUrl);
      keys.set(href, key);
      key.catch(() => keys.delete(href));
      const [oldest] = keys.keys();
      if (keys.size > maxKeys && oldest !== undefined) keys.delete(oldest);
      return key;
    },
    async confirm(subscribeUrl) {
      await ask(subscribeUrl);
    },
  };
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > maxAnswerBytes) throw new Error('too much');
  }
  return Buffer.concat(chunks).toString();
}
