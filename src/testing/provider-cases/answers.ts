import assert from 'node:assert/strict';
import { setTimeout as passed } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { ProviderError, type ProviderErrorKind } from '../../errors.ts';
import {
  mayBeTaken,
  refusal,
  send,
  within,
  type ProviderCase,
  type ProviderUnderTest,
  type VendorReply,
} from './case.ts';
import { leavesOf, withLeaves } from './leaves.ts';
import { withVendor, type Answer } from './vendor.ts';

const systemClock: () => number = Date.now;

const html = '<!doctype html><html><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>';

/** What a status may mean where nothing in the answer says more. */
const kindsOf: Readonly<Record<number, readonly ProviderErrorKind[]>> = {
  401: ['auth'],
  402: ['funds'],
  403: ['auth', 'config'],
  429: ['rate_limited'],
  500: ['temporary', 'ambiguous', 'unknown'],
  // A gateway that gave up: what is behind it may have gone on.
  502: ['ambiguous', 'unknown'],
  503: ['temporary', 'ambiguous', 'unknown'],
  504: ['ambiguous', 'unknown'],
};

/** Reasons that lie with the number: none of them can be told from a status. */
const ofTheNumber: readonly ProviderErrorKind[] = ['invalid_number', 'not_sms_capable', 'opted_out'];

async function refusalAt({ open }: ProviderUnderTest, answer: Answer): Promise<ProviderError> {
  return withVendor(answer, async ({ url }) => refusal(open(url)));
}

/** An accepted answer with other bytes in it. */
function acceptedBytes(
  { accepted }: ProviderUnderTest,
  bytesOf: (body: string) => Uint8Array,
  encoding: string,
): Answer {
  return (_request, response) => {
    const { status, headers, body } = accepted('id-1');
    response.writeHead(status, { ...headers, 'content-encoding': encoding }).end(bytesOf(body));
  };
}

/** Bodies of a 2xx answer from which nothing follows, each under what it is. */
function unreadableBodies({ accepted }: ProviderUnderTest): Readonly<Record<string, string>> {
  const body = accepted('id-1').body.trim();
  const ids = leavesOf(body).filter(({ value }) => value === 'id-1');
  const withoutId = [null, '', {}, []].map((value): [string, string] => [
    `${JSON.stringify(value)} instead of the id`,
    withLeaves(body, ids, () => value),
  ]);
  const cut = [1, body.length >> 1, body.length - 1].map((length): [string, string] => [
    `cut after ${length}`,
    body.slice(0, length),
  ]);
  const others = [
    '{}',
    '[]',
    '[{}]',
    'null',
    'true',
    '17',
    '"ok"',
    '{"data":null}',
    '{"__proto__":{"id":1}}',
    '\0',
    'OK',
  ];
  return {
    nothing: '',
    HTML: html,
    ...Object.fromEntries(cut),
    ...(ids.length > 0 ? Object.fromEntries(withoutId) : {}),
    ...Object.fromEntries(others.map((other) => [other, other])),
  };
}

export const answerCases: readonly ProviderCase[] = [
  {
    name: 'an accepted answer resolves with the id that the vendor gave',
    async run({ open, accepted }) {
      for (const id of ['id-1', '3f2b8a5e-6c1d-4c7e-9f70-2b1d5a7c9e11']) {
        await withVendor(accepted(id), async ({ url }) => {
          const came = await send(open(url));
          assert.ok(!(came instanceof ProviderError), `refused as ${came instanceof ProviderError ? came.kind : ''}`);
          assert.equal(came.messageId, id);
        });
      }
    },
  },
  {
    name: 'every failure that the vendor documents is its kind',
    async run(provider) {
      const kinds: [string, string][] = [];
      for (const { name, reply } of provider.failures) {
        const came = await withVendor(reply, async ({ url }) => send(provider.open(url)));
        kinds.push([name, came instanceof ProviderError ? came.kind : 'accepted']);
      }
      assert.ok(kinds.length > 0, 'there are failures');
      assert.deepEqual(
        kinds,
        provider.failures.map(({ name, kind }) => [name, kind]),
      );
    },
  },
  {
    name: 'a status without a word of the vendor is judged by itself',
    async run(provider) {
      for (const [status, kinds] of Object.entries(kindsOf)) {
        for (const body of ['', html, '{"fault":']) {
          const { kind } = await refusalAt(provider, { status: Number(status), body });
          assert.ok(kinds.includes(kind), `${status} with "${body.slice(0, 9)}" is ${kind}, not ${kinds.join(' or ')}`);
        }
      }
      for (const status of [400, 404, 422]) {
        const { kind } = await refusalAt(provider, { status, body: html });
        assert.ok(!ofTheNumber.includes(kind), `${status} alone says nothing about the number, not ${kind}`);
      }
    },
  },
  {
    name: 'a 2xx answer that cannot be read leaves open whether the message was taken',
    async run(provider) {
      const { status, headers } = provider.accepted('id-1');
      const answers = Object.entries({ ...unreadableBodies(provider), 'no content': null });
      for (const [what, body] of answers) {
        const answer = body === null ? { status: 204, body: '' } : { status, ...(headers && { headers }), body };
        const came = await withVendor(answer, async ({ url }) => send(provider.open(url)));
        const is = came instanceof ProviderError ? came.kind : 'accepted';
        if (provider.takenByStatus) assert.equal(is, 'accepted', what);
        else assert.ok(mayBeTaken(is), `${what}: ${is}`);
      }
    },
  },
  {
    name: 'a compressed answer is read; one that only claims to be compressed leaves open whether the message was taken',
    async run(provider) {
      const zipped = acceptedBytes(provider, (body) => gzipSync(body), 'gzip');
      const came = await withVendor(zipped, async ({ url }) => send(provider.open(url)));
      assert.ok(!(came instanceof ProviderError), 'accepted');
      assert.equal(came.messageId, 'id-1');
      const notZipped = acceptedBytes(provider, (body) => Buffer.from(body), 'gzip');
      assert.ok(mayBeTaken((await refusalAt(provider, notZipped)).kind));
    },
  },
  {
    name: 'Retry-After reaches the caller, in seconds and as a date',
    async run(provider) {
      const limited = provider.failures.filter(({ kind, reply }) => kind === 'rate_limited' && reply.status >= 400);
      const answers: VendorReply[] = [{ status: 429, body: '' }, ...limited.map(({ reply }) => reply)];
      for (const answer of answers) {
        const secondsAfter = async (retryAfter: string): Promise<number | undefined> =>
          (await refusalAt(provider, { ...answer, headers: { ...answer.headers, 'retry-after': retryAfter } }))
            .retryAfterSeconds;
        assert.equal(await secondsAfter('7'), 7);
        const seconds = await secondsAfter(new Date(systemClock() + 60_000).toUTCString());
        assert.ok(seconds !== undefined && seconds >= 50 && seconds <= 61, `${seconds} seconds to a date in 60`);
        assert.equal(await secondsAfter(new Date(systemClock() - 60_000).toUTCString()), 0);
        assert.equal(await secondsAfter('soon'), undefined);
        assert.equal((await refusalAt(provider, answer)).retryAfterSeconds, undefined);
      }
    },
  },
  {
    name: 'a redirect is not followed: the other place sees nothing',
    async run({ open, accepted }) {
      await withVendor(accepted('id-1'), async (other) => {
        for (const status of [301, 302, 303, 307, 308]) {
          const elsewhere = { status, headers: { location: `${other.url}/elsewhere` }, body: '' };
          await withVendor(elsewhere, async ({ url }) => refusal(open(url)));
          assert.equal(other.connections, 0, `at ${status}`);
        }
      });
    },
  },
  {
    name: 'an answer without end is cut',
    async run(provider) {
      const { status, headers } = provider.accepted('id-1');
      for (const [of, begins] of [
        [status, ''],
        [status, '{"a":"'],
        [500, ''],
      ] as const) {
        const endless: Answer = async (_request, response) => {
          response.writeHead(of, of === status ? headers : {}).write(begins);
          // A chunk at a time, so that what reads for ever is found out before memory runs out.
          while (!response.destroyed) {
            response.write(' '.repeat(16_384));
            await passed(2);
          }
        };
        await withVendor(endless, async (vendor) => {
          const came = await send(provider.open(vendor.url), { withinMs: 3_000 });
          const is = came instanceof ProviderError ? came.kind : 'accepted';
          const allowed =
            of === status ? mayBeTaken(is) || (provider.takenByStatus && is === 'accepted') : is !== 'accepted';
          assert.ok(allowed, `${of}: ${is}`);
          await within(2_000, 'the connection is closed', vendor.closed());
        });
      }
    },
  },
];
