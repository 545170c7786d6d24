import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { withVendor, type Answer } from '../../src/testing/provider-cases/vendor.ts';
import { callVendor, type VendorAnswer, type VendorCall } from '../../src/virtual-numbers/exchange.ts';

const { signal } = new AbortController();

async function called(answer: Answer, over: Partial<VendorCall> = {}): Promise<VendorAnswer> {
  return withVendor(answer, ({ url }) =>
    callVendor({ name: 'acme', method: 'GET', url: new URL(`${url}/?key=secret-key`), signal, ...over }),
  );
}

test.each([200, 302, 404, 503])('an answer of %d is an answer', async (status) => {
  const reply = { status, headers: { location: 'https://example.com', 'x-told': 'yes' }, body: 'words' };
  const { headers, ...answer } = await called(reply);
  expect(answer).toEqual({ status, text: 'words' });
  expect(headers.get('x-told')).toBe('yes');
});

test('a request has its method, headers and body', async () => {
  await withVendor({ status: 204, body: '' }, async ({ url, received }) => {
    const call = { name: 'acme', method: 'PUT', headers: { 'x-asked': 'yes' }, body: 'words', signal } as const;
    expect((await callVendor({ ...call, url: new URL(url) })).text).toBe('');
    expect(received[0]).toMatchObject({ method: 'PUT', body: 'words' });
    expect(received[0]?.headers.get('x-asked')).toBe('yes');
  });
});

describe('is no answer but a protocol error:', () => {
  const sent =
    (body: string | Uint8Array, encoding?: string): Answer =>
    (_request, response) => {
      response.writeHead(200, encoding === undefined ? {} : { 'content-encoding': encoding }).end(body);
    };
  test.each<[string, Answer]>([
    ['one that is too long', sent('1'.repeat(262_145))],
    ['one that unpacks without end', sent(gzipSync('1'.repeat(10_000_000)))],
    ['one that unpacks without end, and says that it is packed', sent(gzipSync('1'.repeat(10_000_000)), 'gzip')],
    ['half of a packed one', sent(gzipSync('words').subarray(0, -9))],
    ['one that says that it is packed and is not', sent('words', 'gzip')],
  ])('%s', async (_name, answer) => {
    await expect(called(answer)).rejects.toMatchObject({ code: 'virtual_number_error', kind: 'protocol' });
  });
});

test('one as long as may be is an answer', async () => {
  expect((await called({ status: 200, body: '1'.repeat(262_144) })).text).toHaveLength(262_144);
});

test('an error says why there was no answer, and nothing of the address', async () => {
  const silent = called(() => {}, { timeoutMs: 40 });
  await expect(silent).rejects.toMatchObject({ kind: 'unavailable', message: 'acme gave no answer within 0.04 s.' });
  const url = new URL('http://vendor.invalid/?key=secret-key');
  const unknown = callVendor({ name: 'acme', method: 'GET', url, signal });
  await expect(unknown).rejects.toMatchObject({
    message: expect.stringMatching(/^acme gave no answer \([A-Z_]+\)\.$/) as string,
  });
});
