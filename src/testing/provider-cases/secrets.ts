import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { ProviderError, ReceiptError } from '../../errors.ts';
import {
  exampleCode,
  messageWith,
  receiptUrlOf,
  send,
  type ProviderCase,
  type ProviderUnderTest,
  type VendorReply,
} from './case.ts';
import { leavesOf, withLeaves } from './leaves.ts';
import { reply, withVendor, type Answer, type Received } from './vendor.ts';

const systemClock: () => number = Date.now;

/** Fails where an error holds one of the secrets, in whatever part of it. */
function assertKeeps(error: unknown, secrets: ReadonlyMap<string, string>): void {
  const parts = [
    inspect(error, { depth: Infinity, showHidden: true, maxStringLength: Infinity }),
    JSON.stringify(error),
  ];
  for (let one = error; one instanceof Error; one = one.cause) parts.push(one.message, one.stack ?? '', String(one));
  const whole = parts.join('\n');
  for (const [secret, what] of secrets) assert.ok(!whole.includes(secret), `an error holds ${what}`);
}

/** What no error may hold, and what it is. */
function secretsOf({ credentials }: ProviderUnderTest, received: readonly Received[]): Map<string, string> {
  const { to, text } = messageWith();
  const secrets = new Map([
    [to.slice(2), 'the number'],
    [text.slice(0, 30), 'the text'],
    [text.slice(9, 30), 'the text'],
    [exampleCode, 'the code'],
  ]);
  for (const credential of credentials) {
    assert.ok(
      credential.length >= 8,
      'a credential of a test is 8 characters or more, so that it is told from other text',
    );
    secrets.set(credential, 'a credential');
    secrets.set(Buffer.from(credential).toString('base64').replace(/=+$/, '').slice(0, -1), 'a credential');
  }
  for (const { headers } of received) {
    const [, sent] = headers.get('authorization')?.split(' ') ?? [];
    if (sent !== undefined) secrets.set(sent, 'a header of the request');
  }
  return secrets;
}

/** A failure whose every text, or every header, or one text alone, says what it was asked. */
function tellingAll(told: VendorReply, telling: string): VendorReply[] {
  const texts = leavesOf(told.body).filter(({ value }) => typeof value === 'string');
  const tell = (value: unknown): string => `${String(value)} ${telling}`;
  const headers = Object.entries(told.headers ?? {}).map(([name, value]): [string, string] =>
    /^content-/i.test(name) ? [name, value] : [name, `${value} ${telling.replaceAll(/[^ -~]/g, ' ')}`],
  );
  if (texts.length === 0) return [{ ...told, headers: Object.fromEntries(headers) }];
  return [texts, ...texts.map((leaf) => [leaf])].map((leaves) => ({
    ...told,
    headers: Object.fromEntries(headers),
    body: withLeaves(told.body, leaves, tell),
  }));
}

export const secretCases: readonly ProviderCase[] = [
  {
    name: 'no error holds number, text, code or credential, even where the vendor repeats them',
    async run(provider) {
      const { open, accepted, credentials, failures } = provider;
      const { to, text } = messageWith();
      const telling = [to, text, ...credentials].join(' ');
      const echo = [200, 400, 401, 422, 429, 500].flatMap((status) =>
        [telling, JSON.stringify(telling), JSON.stringify({ code: telling, message: telling, error: telling })].map(
          (body) => ({ status, headers: { 'retry-after': to.slice(1) }, body }),
        ),
      );
      const answers: Answer[] = [
        ...failures.map((failure) => failure.reply),
        ...failures.flatMap((failure) => tellingAll(failure.reply, telling)),
        ...echo,
        { ...accepted('id-1'), body: accepted('id-1').body.slice(0, -1) + telling },
        (_request, response) => void response.destroy(),
        (_request, response) => {
          response.writeHead(200, { 'content-length': '9999' });
          response.write(telling, () => response.destroy());
        },
      ];
      let answer: Answer | undefined;
      const one: Answer = (request, response) =>
        typeof answer === 'function' ? answer(request, response) : reply(response, answer ?? accepted('id-1'));
      await withVendor(one, async ({ url, received }) => {
        const opened = open(url);
        for (answer of answers) {
          const came = await send(opened);
          if (came instanceof ProviderError) assertKeeps(came, secretsOf(provider, received.slice(-1)));
        }
      });
      for (const url of ['http://vendor.invalid', await withVendor(accepted('id-1'), async (vendor) => vendor.url)]) {
        assertKeeps(await send(open(url)), secretsOf(provider, []));
      }
      await withVendor(accepted('id-1'), async ({ url, received }) => {
        const came = await send(open(url), { signal: AbortSignal.abort(new Error(telling)) });
        if (came instanceof ProviderError) assertKeeps(came, secretsOf(provider, received));
      });
    },
  },
  {
    name: 'no error of a receipt holds what is in it, or a credential',
    about: 'receipts',
    async run(provider) {
      const opened = provider.open('http://127.0.0.1:9');
      if (!opened.receipts) return;
      const { to, text } = messageWith();
      const telling = JSON.stringify([to, text, ...provider.credentials]);
      const signatures = Object.fromEntries(
        (provider.receipts?.signatureHeaders ?? ['authorization', 'x-signature']).map((header) => [header, 'x']),
      );
      for (const headers of [new Headers(), new Headers(signatures)]) {
        const body = Buffer.from(telling);
        const request = { method: 'POST', url: receiptUrlOf(opened.name), headers, body, nowMs: systemClock() };
        const error = await opened.receipts(request).then(
          () => assert.fail('a receipt without a signature was read'),
          (thrown: unknown) => thrown,
        );
        assert.ok(error instanceof ReceiptError);
        assertKeeps(error, secretsOf(provider, []));
      }
    },
  },
];
