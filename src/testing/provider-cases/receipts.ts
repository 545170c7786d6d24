import assert from 'node:assert/strict';
import { ReceiptError } from '../../errors.ts';
import type { Receipt, ReceiptRequest } from '../../providers/provider.ts';
import {
  exampleReference,
  receiptUrlOf,
  within,
  type ProviderCase,
  type ProviderUnderTest,
  type ReceiptAbout,
  type ReceiptsUnderTest,
} from './case.ts';

const systemClock: () => number = Date.now;
const statuses = ['sent', 'delivered', 'failed'] as const;

/** The receipts of a provider: how its vendor signs them, and how it reads them. */
interface Reading extends ReceiptsUnderTest {
  readonly url: string;
  /** Null where a receipt names the message alone. */
  readonly reference: string | null;
  /** A receipt of message `id-1` that was delivered, in whatever differs. */
  receipt(over?: Partial<ReceiptAbout>): Promise<ReceiptRequest>;
  /** Null where it is refused with a `ReceiptError`. */
  told(request: ReceiptRequest): Promise<readonly Receipt[] | null>;
  read(request: ReceiptRequest): Promise<readonly Receipt[]>;
  refuses(request: ReceiptRequest): Promise<boolean>;
}

/** A case about receipts; of a provider that has none it holds that it takes none. */
function receiptCase(name: string, run: (reading: Reading) => Promise<void>): ProviderCase {
  return {
    name,
    about: 'receipts',
    async run(underTest: ProviderUnderTest) {
      const provider = underTest.open('http://127.0.0.1:9');
      const { receipts } = underTest;
      if (!receipts) {
        assert.equal(provider.receipts, undefined, 'reads receipts that are not under test');
        return;
      }
      assert.ok(provider.receipts, 'reads receipts');
      const url = receiptUrlOf(provider.name);
      const told: Reading['told'] = async (request) => {
        const reading = (async () => provider.receipts?.(request))().catch((error: unknown) =>
          error instanceof ReceiptError
            ? null
            : assert.fail(`what is refused rejects with a ReceiptError, not with ${String(error)}`),
        );
        return (await within(10_000, 'receipts come to an end', reading)) ?? null;
      };
      await run({
        ...receipts,
        url,
        reference: provider.returnsReference === false ? null : exampleReference,
        receipt: async (over = {}) =>
          receipts.signed({
            messageId: 'id-1',
            reference: exampleReference,
            status: 'delivered',
            url,
            nowMs: systemClock(),
            ...over,
          }),
        told,
        read: async (request) => (await told(request)) ?? assert.fail('a right receipt is refused'),
        refuses: async (request) => (await told(request)) === null,
      });
    },
  };
}

function bodyWith(request: ReceiptRequest, body: Uint8Array): ReceiptRequest {
  return { ...request, body };
}

function headerWith(request: ReceiptRequest, name: string, value: string | null): ReceiptRequest {
  const headers = new Headers(request.headers);
  if (value === null) headers.delete(name);
  else headers.set(name, value);
  return { ...request, headers };
}

function signatureHeaders({ signatureHeaders: named }: ReceiptsUnderTest, request: ReceiptRequest): readonly string[] {
  return named ?? [...request.headers.keys()].filter((name) => /signature|^authorization$/.test(name));
}

/** The text once for each of its characters, that one changed into a near one. */
function eachChanged(text: string): string[] {
  const isPlain = (sign: string): boolean => /^[\dA-Za-z]$/.test(sign);
  return Array.from({ length: text.length }, (_, at) => {
    const near = [1, -1].map((step) => String.fromCharCode(text.charCodeAt(at) + step)).find(isPlain) ?? 'x';
    return text.slice(0, at) + near + text.slice(at + 1);
  });
}

export const receiptCases: readonly ProviderCase[] = [
  receiptCase(
    'a receipt of each status is read, with message id and reference',
    async ({ receipt, read, reference }) => {
      for (const status of statuses) {
        for (const messageId of ['id-1', 'id-2']) {
          const [one, ...others] = await read(await receipt({ status, messageId }));
          assert.ok(one, `a receipt of ${status} says something`);
          assert.equal(others.length, 0, 'and one thing only');
          const { errorKind, ...rest } = one;
          assert.deepEqual(rest, { messageId, reference, status });
          if (status !== 'failed') assert.equal(errorKind, null);
        }
      }
    },
  ),
  receiptCase('the same receipt again reads the same', async ({ receipt, read }) => {
    for (const status of statuses) {
      const request = await receipt({ status });
      const first = await read(request);
      assert.deepEqual(await read(request), first);
      assert.deepEqual(await read({ ...request, nowMs: request.nowMs + 1_000 }), first);
    }
  }),
  receiptCase(
    'whatever byte of the body is changed, nothing else is read out of it',
    async ({ receipt, read, told }) => {
      const request = await receipt();
      const right = await read(request);
      let refused = 0;
      for (const [at, byte] of request.body.entries()) {
        for (const other of [byte ^ 1, byte ^ 32, 0]) {
          if (other === byte) continue;
          const body = Uint8Array.from(request.body);
          body[at] = other;
          const came = await told(bodyWith(request, body));
          if (came) assert.deepEqual(came, right, `byte ${at} of the body may be changed`);
          else refused += 1;
        }
      }
      assert.ok(refused > request.body.length, 'and most changes are refused');
    },
  ),
  receiptCase('whatever character of a signature is changed, the receipt is refused', async (reading) => {
    const request = await reading.receipt();
    for (const name of signatureHeaders(reading, request)) {
      for (const [at, changed] of eachChanged(request.headers.get(name) ?? '').entries()) {
        assert.ok(await reading.refuses(headerWith(request, name, changed)), `character ${at} of ${name}`);
      }
    }
  }),
  receiptCase('a receipt without a signature, with an empty one or one without end is refused', async (reading) => {
    const request = await reading.receipt();
    for (const name of signatureHeaders(reading, request)) {
      const right = request.headers.get(name) ?? '';
      const wrong = [
        null,
        '',
        ' ',
        'x'.repeat(100_000),
        right.repeat(2),
        `${right}, ${right}x`,
        right.slice(0, -1),
        `=${right}`,
      ];
      for (const value of wrong) {
        assert.ok(await reading.refuses(headerWith(request, name, value)), `${name}: ${value?.slice(0, 20) ?? 'none'}`);
      }
    }
    assert.ok(
      (await reading.refuses({ ...request, headers: new Headers() })) ||
        signatureHeaders(reading, request).length === 0,
    );
  }),
  receiptCase(
    'a receipt that was signed for another address is refused, where addresses are signed',
    async (reading) => {
      if (!reading.signsUrl) return;
      const request = await reading.receipt();
      for (const [at, url] of eachChanged(request.url).entries()) {
        assert.ok(await reading.refuses({ ...request, url }), `character ${at} of the address`);
      }
      for (const url of [`${request.url}x`, `${request.url}&ref=other`, request.url.split('?')[0] ?? '', '', 'x']) {
        assert.ok(await reading.refuses({ ...request, url }), url);
      }
    },
  ),
  receiptCase('a receipt that is too old, or from the future, is refused, where a time is signed', async (reading) => {
    if (reading.oldestMs === null) return;
    const request = await reading.receipt();
    for (const [aheadMs, isRefused] of [
      [reading.oldestMs - 2_000, false],
      [reading.oldestMs + 2_000, true],
      [-reading.oldestMs - 2_000, true],
      [-1_000, false],
    ] as const) {
      const came = await reading.refuses({ ...request, nowMs: request.nowMs + aheadMs });
      assert.equal(came, isRefused, `${aheadMs} ms after it was signed`);
    }
  }),
  receiptCase('a body that is no receipt is refused, or says nothing: it breaks nothing', async (reading) => {
    const request = await reading.receipt();
    const right = Buffer.from(request.body).toString();
    const texts = ['', ' ', '{', '{}', '[]', 'null', '17', '"x"', '[null]', '[{"status":{}}]', '['.repeat(50_000)];
    texts.push('{"__proto__":{"status":"delivered"}}', 'a=1&a=2&%zz', '%', '=', '&&');
    const nonsense = texts.map((body): Uint8Array => Buffer.from(body));
    nonsense.push(new Uint8Array([0xff, 0xfe, 0x00, 0xc3, 0x28]), new Uint8Array(200_000));
    const broken = [right.slice(0, -1), right.slice(1), right + right].map((body): Uint8Array => Buffer.from(body));
    for (const body of [...nonsense, ...broken]) {
      assert.ok(await reading.refuses(bodyWith(request, body)), `not signed: ${startOf(body)}`);
    }
    for (const body of reading.sign ? nonsense : []) {
      const signed = await reading.sign?.(body, { url: reading.url, nowMs: request.nowMs });
      assert.deepEqual((signed && (await reading.told(signed))) ?? [], [], `signed: ${startOf(body)}`);
    }
  }),
];

function startOf(body: Uint8Array): string {
  return Buffer.from(body).toString('utf8', 0, 40);
}
