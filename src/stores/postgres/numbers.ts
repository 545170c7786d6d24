import type { Clock } from '../store.ts';
import type { Run } from './client.ts';
import type { AskedLimit, BroadRow } from './broad-charges.ts';
import type { Change, ReadNumber } from './judge.ts';
import { injectedMs, timeOf } from './row-time.ts';
import type { Statements } from './statements.ts';
import { toldLines, wordsOf } from './told.ts';

/** What became of a write: see the function `write_number`. */
export type Written = { outcome: 'written'; version: string | null } | { outcome: 'beaten' | 'held' | 'over' | 'late' };

/** The rows of numbers. */
export interface Numbers {
  /** One read, with what is kept of these broad limits. */
  read(run: Run, subject: string, limits: readonly AskedLimit[]): Promise<ReadNumber>;
  /** One guarded write: the whole change, or nothing. */
  write(run: Run, change: Change): Promise<Written>;
}

/** `clock` unset: the server's. */
export function numbersIn(statements: Statements, clock: Clock | undefined): Numbers {
  /** Where the clock has jumped, this is what lets time go on for limits that refuse all the while, and so are not written otherwise. */
  async function keepTimes(run: Run, rows: ReadonlyMap<string, BroadRow>, givenMs: number): Promise<void> {
    const jumped = [...rows].flatMap(([key, { time }]) => {
      const nowMs = timeOf(time, givenMs);
      const aheadMs = nowMs - givenMs;
      return aheadMs === time.aheadMs ? [] : [{ key, before: time.latestMs, latest_ms: nowMs, ahead_ms: aheadMs }];
    });
    if (jumped.length > 0) await run(statements.keepBroadTimes, [JSON.stringify(jumped)]);
  }

  return {
    async read(run, subject, limits) {
      const asked =
        limits.length > 0 ? [limits.map(({ key }) => key), limits.map(({ almost }) => almost)] : [null, null];
      const [given, row, json, counts] = toldLines(
        await run(statements.readNumber, [subject, injectedMs(clock), ...asked]),
      );
      const [version, latestMs, aheadMs] = wordsOf(row);
      const givenMs = Number(given);
      const broad = broadRows(counts);
      await keepTimes(run, broad, givenMs);
      const time = { latestMs: Number(latestMs ?? 0), aheadMs: Number(aheadMs ?? 0) };
      return { subject, json: json || null, version: version ?? null, time, givenMs, broad };
    },
    async write(run, { read, json, dueAtMs, time, goodUntilMs, charges }) {
      const asked = charges.asked();
      const taken = asked.length > 0 ? chargeColumns.map((column) => asked.map((charge) => charge[column])) : noCharges;
      const rows = await run(statements.writeNumber, [
        read.subject,
        read.version,
        json,
        dueAtMs,
        time.latestMs,
        time.aheadMs,
        read.givenMs,
        goodUntilMs,
        injectedMs(clock),
        ...taken,
      ]);
      const [outcome, version] = wordsOf(rows[0]?.['told']);
      return { outcome, version: version ?? null } as Written;
    },
  };
}

/** In the order in which `write_number` takes them. */
const chargeColumns = ['key', 'takes', 'at', 'firstAt', 'most', 'untilMs'] as const;
const noCharges = chargeColumns.map(() => null);

/** What `read_number` tells of broad limits. */
function broadRows(json: string | undefined): Map<string, BroadRow> {
  const rows = new Map<string, BroadRow>();
  if (!json) return rows;
  for (const [key, at, sends, counted, earlier, latestMs, aheadMs] of JSON.parse(json) as ToldLimit[]) {
    // Where they are not told it does not matter when they were.
    const before = earlier
      ? Object.entries(earlier).map(([sixtieth, count]) => ({ at: Number(sixtieth), count }))
      : [{ at, count: counted }];
    const buckets = [...before.toSorted((a, b) => a.at - b.at), { at, count: sends }];
    rows.set(key, { count: { buckets, untilMs: 0 }, time: { latestMs, aheadMs } });
  }
  return rows;
}

type ToldLimit = [
  key: string,
  at: number,
  sends: number,
  counted: number,
  earlier: Record<string, number> | null,
  latestMs: number,
  aheadMs: number,
];
