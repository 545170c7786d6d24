import assert from 'node:assert/strict';
import { describe, expect, test } from 'vitest';
import { diceOf } from '../../src/testing/dice.ts';
import { whyNotOneByOne, type CheckCall } from './check-history.ts';
import { startChild } from './child.ts';
import { nowUs, type RaceCall, type RaceJob } from './race.ts';

const processes = 4;
const callsInAll = 1_000;
const maxChecks = 5;

interface Racers {
  /** Each process gets its share of what the job says; answers with all calls, of one process after the other. */
  race(job: RaceJob): Promise<RaceCall[]>;
  /** One process makes a verification. */
  create(name: string): Promise<RaceCall & { nonce: string }>;
}

/** Processes that share nothing but a store. */
async function startRacers(folder: string, address: string): Promise<Racers> {
  const racers = Array.from({ length: processes }, () => startChild('./racing-process.ts', [folder, address]));
  await Promise.all(racers.map((racer) => racer.hear()));
  const share = (job: RaceJob, index: number): RaceJob => {
    if (job.verb !== 'check') return { ...job, times: job.times / processes };
    const each = job.codes.length / processes;
    return { ...job, codes: job.codes.slice(index * each, (index + 1) * each) };
  };
  return {
    async race(job) {
      const startAt = nowUs() + 30_000;
      for (const [index, racer] of racers.entries()) racer.tell(JSON.stringify({ job: share(job, index), startAt }));
      const heard = await Promise.all(racers.map((racer) => racer.hear()));
      return heard.flatMap((line) => JSON.parse(line) as RaceCall[]);
    },
    async create(name) {
      const [racer] = racers;
      racer?.tell(JSON.stringify({ job: { verb: 'begin', name, times: 1 } satisfies RaceJob, startAt: 0 }));
      const [begun] = JSON.parse((await racer?.hear()) ?? '[]') as RaceCall[];
      assert.ok(begun?.outcome === 'created' && begun.nonce !== undefined, begun?.outcome);
      return { ...begun, nonce: begun.nonce };
    },
  };
}

/** How often each outcome came. */
function outcomesOf(calls: readonly RaceCall[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of calls) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** Races checks of a new verification, whose history must be one of checks one by one. */
async function raceChecks(
  { race, create }: Racers,
  name: string,
  by: 'id' | 'number',
  codes: readonly CheckCall['code'][],
): Promise<{ counts: Record<string, number>; contested: boolean }> {
  const { nonce } = await create(name);
  const calls = await race({ verb: 'check', name, nonce: by === 'id' ? nonce : null, codes });
  const history = calls.map((call, index): CheckCall => ({ ...call, code: codes[index] ?? 'wrong' }));
  assert.equal(whyNotOneByOne(history, maxChecks), null, `${name}, by ${by}`);
  return { counts: outcomesOf(calls), contested: isContested(calls) };
}

/** Whether another process had made a call too before the verification had ended. */
function isContested(calls: readonly RaceCall[]): boolean {
  const judged = calls.filter(({ outcome }) => outcome === 'approved' || outcome === 'incorrect');
  const endedAt = Math.max(...judged.map(({ answeredAt }) => answeredAt));
  const each = calls.length / processes;
  const early = calls.flatMap(({ calledAt }, index) => (calledAt < endedAt ? [Math.floor(index / each)] : []));
  return new Set(early).size > 1;
}

/**
 * Tests that four processes on a store are as one: 1,000 calls at once, on one number, limit or key. Each process opens the store by what `storeAt(address)` says, exported
 * from `store-at.ts` in the folder of that name beside this file. `freshAddress` is asked within each test, for data that nothing has touched.
 */
export function testRacingProcesses(folder: string, freshAddress: () => string | Promise<string>): void {
  const racers = async () => startRacers(folder, await freshAddress());
  const options = { timeout: 60_000 };

  /** Several races, of which at least one must have been close, or nothing was tried. */
  async function raceInRounds(
    rounds: number,
    codesOf: () => CheckCall['code'][],
    expected: (round: { racing: Racers; name: string; late: string; counts: Record<string, number> }) => Promise<void>,
  ): Promise<void> {
    const racing = await racers();
    const contests: boolean[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const [by, late] = round % 2 === 0 ? (['id', 'ended'] as const) : (['number', 'not_found'] as const);
      const name = `number ${round}`;
      const { counts, contested } = await raceChecks(racing, name, by, codesOf());
      contests.push(contested);
      await expected({ racing, name, late, counts });
    }
    expect(contests).toContain(true);
  }

  describe(`${processes} processes on one store`, () => {
    test(`of ${callsInAll} right checks at once exactly one is approved`, options, () =>
      raceInRounds(
        6,
        () => Array<'right'>(callsInAll).fill('right'),
        async ({ counts, late }) => expect(counts).toEqual({ approved: 1, [late]: callsInAll - 1 }),
      ),
    );

    test(
      `of ${callsInAll} wrong checks at once exactly five are compared, and five of the ten of a day are charged`,
      options,
      () =>
        raceInRounds(
          6,
          () => Array<'wrong'>(callsInAll).fill('wrong'),
          async ({ racing, name, counts, late }) => {
            expect(counts).toEqual({ incorrect: maxChecks, [late]: callsInAll - maxChecks });
            expect((await racing.create(name)).checksLeft).toBe(5);
          },
        ),
    );

    test(
      `of ${callsInAll} right and wrong checks at once at most one is approved and at most five are compared, as if one by one`,
      options,
      () => {
        const dice = diceOf(1);
        return raceInRounds(
          8,
          () => Array.from({ length: callsInAll }, () => (dice.roll(6) === 0 ? 'right' : 'wrong')),
          async ({ counts: { approved = 0, incorrect = 0, ...rest }, late }) => {
            expect(approved === 1 || incorrect === maxChecks).toBe(true);
            expect(rest).toEqual({ [late]: callsInAll - approved - incorrect });
          },
        );
      },
    );

    test(`of ${callsInAll} begins at once three are not refused, and they make one verification`, options, async () => {
      const { race } = await racers();
      // The first race is also one to be the first that uses the store at all.
      for (let round = 0; round < 3; round += 1) {
        const calls = await race({ verb: 'begin', name: `begin ${round}`, times: callsInAll });
        expect(outcomesOf(calls)).toEqual({ created: 1, repeated: 2, refused: callsInAll - 3 });
      }
    });

    test(
      `of ${callsInAll} begins of as many numbers at once as many are not refused as a broad limit lets through`,
      options,
      async () => {
        const { race } = await racers();
        const calls = await race({ verb: 'send', name: 'country', max: 100, times: callsInAll });
        expect(outcomesOf(calls)).toEqual({ created: 100, refused: callsInAll - 100 });
      },
    );

    test(`of ${callsInAll} claims of one key at once exactly one is told to do it`, options, async () => {
      const { race } = await racers();
      for (let round = 0; round < 3; round += 1) {
        const calls = await race({ verb: 'claim', name: `claim ${round}`, times: callsInAll });
        expect(outcomesOf(calls)).toEqual({ claimed: 1, running: callsInAll - 1 });
      }
    });
  });
}
