import assert from 'node:assert/strict';
import { setTimeout as passed } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { VirtualNumberError } from '../../errors.ts';
import type { Lease } from '../../virtual-numbers/virtual-number.ts';
import { within } from '../provider-cases/case.ts';
import { withVendor, type Answer } from '../provider-cases/vendor.ts';
import type { VirtualNumberCase, VirtualNumberUnderTest } from './case.ts';
import { callOf, leaseFor, meaningOf, onStage, type Stage } from './stage.ts';

/** What an answer may be that says nothing, but comes with a status of 4xx. */
const kindsOfNonsense = ['protocol', 'config'];

const systemClock: () => number = Date.now;

const html =
  '<!doctype html><html><head><title>Error 5571</title></head><body><h1>12025550143</h1>Your code is 493817. +12025550143</body></html>';

/** What a status may mean where nothing in the answer says more. */
const kindsOf: Readonly<Record<number, readonly string[]>> = {
  401: ['auth'],
  403: ['auth', 'config'],
  429: ['rate_limited'],
  500: ['unavailable'],
  502: ['unavailable'],
  503: ['unavailable'],
  504: ['unavailable'],
};

/** Bodies with digits in them that are in nobody's documentation. */
const strangeBodies: readonly string[] = [
  html,
  'Error 5571 at 12025550143',
  'Your number is 12025550143',
  '12025550143 is not free',
  '4929123456781234',
  '0',
  '{"time":12025550143}',
  '{"error":"12025550143"}',
  '{"number":{"12025550143":1}}',
  '["Error",5571]',
  '{"__proto__":{"number":"12025550143"}}',
  'null',
  'true',
  '\0',
  '',
];

async function everyAct(
  underTest: VirtualNumberUnderTest,
  run: (stage: Stage, lease: Lease | null, act: 'acquire' | 'poll' | 'release') => Promise<void>,
): Promise<void> {
  for (const act of underTest.asks) {
    await onStage(underTest, async (stage) => run(stage, await leaseFor(stage, act), act));
  }
}

/** What the vendor answers, in other bytes. */
function bytes({ underTest, state }: Stage, bytesOf: (body: string) => Uint8Array, encoding?: string): Answer {
  return (request, response) => {
    const { status, headers, body } = underTest.answer(request, state);
    response.writeHead(status, { ...headers, ...(encoding !== undefined && { 'content-encoding': encoding }) });
    response.end(bytesOf(body));
  };
}

export const answerCases: readonly VirtualNumberCase[] = [
  {
    name: 'every answer that the vendor documents is what it means',
    async run(underTest) {
      const meanings: [string, string][] = [];
      for (const { name, on, reply, afterMs = 60_000, reason } of underTest.answers) {
        await onStage(underTest, async (stage) => {
          const lease = await leaseFor(stage, on);
          stage.clock.advance(afterMs);
          stage.script(on, reply);
          const came = lease && on === 'release' ? await stage.release(lease, reason) : await callOf(stage, on, lease);
          meanings.push([name, meaningOf(came)]);
        });
      }
      assert.ok(meanings.length > 0, 'there are answers');
      assert.deepEqual(
        meanings,
        underTest.answers.map(({ name, is }) => [name, is]),
      );
    },
  },
  {
    name: 'a status without a word of the vendor is judged by itself',
    run: (underTest) =>
      everyAct(underTest, async (stage, lease, act) => {
        for (const [status, kinds] of Object.entries(kindsOf)) {
          stage.script(act, { status: Number(status), body: '' });
          const came = meaningOf(await callOf(stage, act, lease));
          assert.ok(kinds.includes(came), `${act}: ${status} is ${came}, not ${kinds.join(' or ')}`);
        }
      }),
  },
  {
    name: 'Retry-After reaches the caller, in seconds and as a date',
    run: (underTest) =>
      everyAct(underTest, async (stage, lease, act) => {
        const secondsAfter = async (retryAfter?: string): Promise<number | undefined> => {
          stage.script(act, {
            status: 429,
            body: '',
            ...(retryAfter !== undefined && { headers: { 'retry-after': retryAfter } }),
          });
          const came = await callOf(stage, act, lease);
          assert.ok(came instanceof VirtualNumberError, 'refused');
          return came.retryAfterSeconds;
        };
        assert.equal(await secondsAfter('7'), 7);
        // An adapter goes by its own clock, or by the system's.
        const dates: (number | undefined)[] = [];
        for (const now of [stage.clock.now(), systemClock()]) {
          dates.push(await secondsAfter(new Date(now + 60_000).toUTCString()));
        }
        assert.ok(
          dates.some((seconds) => seconds !== undefined && seconds >= 50 && seconds <= 61),
          `${dates.join()} seconds to a date in 60`,
        );
        assert.equal(await secondsAfter('soon'), undefined);
        assert.equal(await secondsAfter(), undefined);
      }),
  },
  {
    name: 'words that are in no documentation are never a number',
    run: (underTest) =>
      onStage(underTest, async (stage) => {
        if (!underTest.asks.includes('acquire')) return;
        for (const status of [200, 400, 404]) {
          for (const body of strangeBodies) {
            stage.script('acquire', { status, body });
            const came = meaningOf(await stage.acquire());
            const expected = status !== 200 || body === html ? [...kindsOfNonsense, 'unavailable'] : ['protocol'];
            assert.ok(expected.includes(came), `${status} with "${body.slice(0, 40)}" is ${came}`);
          }
        }
      }),
  },
  {
    name: 'words that are in no documentation are never a code',
    run: (underTest) =>
      onStage(underTest, async (stage) => {
        const lease = await stage.lease();
        if (!underTest.asks.includes('poll')) return;
        const strange = underTest.isBareText ? [html, '', 'null', 'true', '\0'] : strangeBodies;
        for (const status of [200, 400, 404]) {
          for (const body of strange) {
            stage.script('poll', { status, body });
            const came = meaningOf(await stage.poll(lease));
            assert.notEqual(came, 'received', `${status} with ${body.slice(0, 40)}`);
          }
        }
      }),
  },
  {
    name: 'a number in an answer of 4xx or 5xx is none, and a text neither',
    run: (underTest) =>
      everyAct(underTest, async (stage, lease, act) => {
        if (act === 'release') return;
        await stage.arrive({ text: 'Your code is 493817' });
        for (const status of [400, 403, 404, 429, 500, 503]) {
          stage.script(act, (request, response) => {
            response.writeHead(status).end(underTest.answer(request, stage.state).body);
          });
          const came = meaningOf(await callOf(stage, act, lease));
          assert.ok(came !== 'a number' && came !== 'received', `${act}: ${came} with ${status}`);
        }
      }),
  },
  {
    name: 'an answer that is cut off is never a number and never a text',
    async run(underTest) {
      for (const act of ['acquire', 'poll'] as const) {
        if (!underTest.asks.includes(act)) continue;
        for (const share of [0.3, 0.6, 0.9]) {
          await onStage(underTest, async (stage) => {
            const lease = await leaseFor(stage, act);
            await stage.arrive({ text: 'Your code is 493817' });
            stage.script(act, (request, response) => {
              const { status, headers, body } = underTest.answer(request, stage.state);
              response.writeHead(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) });
              response.write(body.slice(0, body.length * share) || ' ', () => response.socket?.end());
            });
            assert.equal(meaningOf(await callOf(stage, act, lease)), 'unavailable', `${act}, after ${share} of it`);
          });
        }
      }
    },
  },
  {
    name: 'a compressed answer is read, also where nothing says that it is compressed',
    async run(underTest) {
      for (const encoding of ['gzip', undefined]) {
        await onStage(underTest, async (stage) => {
          stage.script(
            'everything',
            bytes(stage, (body) => gzipSync(body), encoding),
          );
          const lease = await stage.lease();
          await stage.arrive({ text: 'Your code is 493817' });
          stage.script(
            'everything',
            bytes(stage, (body) => gzipSync(body), encoding),
          );
          assert.equal(meaningOf(await stage.poll(lease)), 'received');
        });
      }
    },
  },
  {
    name: 'a compressed answer that is broken is an error, never a number and never a text',
    run: (underTest) =>
      everyAct(underTest, async (stage, lease, act) => {
        if (act === 'release') return;
        await stage.arrive({ text: 'Your code is 493817' });
        const broken: [string, Answer, string[]][] = [
          ['cut', bytes(stage, (body) => gzipSync(body).subarray(0, -9)), ['protocol']],
          [
            'no gzip behind its first bytes',
            bytes(stage, (body) => Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.from(body)])),
            ['protocol'],
          ],
          ['only said to be', bytes(stage, (body) => Buffer.from(body), 'gzip'), ['protocol', 'unavailable']],
          ['a thousand times as long', bytes(stage, () => gzipSync('12025550143 '.repeat(1_000_000))), ['protocol']],
        ];
        for (const [what, answer, kinds] of broken) {
          stage.script(act, answer);
          const came = meaningOf(await callOf(stage, act, lease));
          assert.ok(kinds.includes(came), `${act}, ${what}: ${came}`);
        }
      }),
  },
  {
    name: 'a redirect is not followed: the other place sees nothing',
    run: (underTest) =>
      everyAct(underTest, async (stage, lease, act) => {
        await withVendor({ status: 200, body: '' }, async (other) => {
          for (const status of [301, 302, 303, 307, 308]) {
            stage.script(act, { status, headers: { location: `${other.url}/elsewhere` }, body: '' });
            const came = await callOf(stage, act, lease);
            assert.ok(came instanceof VirtualNumberError, `${act}: ${status} is no ${meaningOf(came)}`);
            assert.equal(other.connections, 0, `${act} at ${status}`);
          }
        });
      }),
  },
  {
    name: 'an answer without end is cut, and is never a number and never a text',
    run: (underTest) =>
      everyAct(underTest, async (stage, lease, act) => {
        if (act === 'release') return;
        await stage.arrive({ text: 'Your code is 493817' });
        const closed = Promise.withResolvers<void>();
        stage.script(act, async (request, response) => {
          response.socket?.once('close', () => closed.resolve());
          const { status, headers, body } = underTest.answer(request, stage.state);
          response.writeHead(status, headers).write(body);
          // A chunk at a time, so that what reads for ever is found out before memory runs out.
          while (!response.destroyed) {
            response.write(' '.repeat(16_384));
            await passed(1);
          }
        });
        const came = await within(5_000, 'the call ends', callOf(stage, act, lease));
        assert.ok(['protocol', 'unavailable'].includes(meaningOf(came)), `${act}: ${meaningOf(came)}`);
        await within(2_000, 'the connection is closed', closed.promise);
      }),
  },
];
