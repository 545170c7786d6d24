import { InvalidArgumentError } from 'commander';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Reads how long something may take (`90s`, `15m`, `2h`; seconds where no unit is there), in milliseconds. `least` and `greatest` as they are written. */
export function durationFlag(least: string, greatest: string): (text: string) => number {
  const [leastMs, greatestMs] = [inMs(least), inMs(greatest)];
  return (text) => {
    const ms = inMs(text);
    // Also where it is no number.
    if (!(ms >= leastMs && ms <= greatestMs)) {
      throw new InvalidArgumentError(`It must be a time from ${least} to ${greatest}, like 90s or 15m.`);
    }
    return ms;
  };
}

/** Reads a whole number of a range. */
export function countFlag(least: number, greatest: number): (text: string) => number {
  return (text) => {
    const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(count >= least && count <= greatest)) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${greatest}.`);
    }
    return count;
  };
}

function inMs(text: string): number {
  const [, digits = '', unit = 's'] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text) ?? [];
  return digits === '' ? Number.NaN : Number(digits) * (unitMs[unit] ?? Number.NaN);
}

/** How long something took, for people: `12 ms`, `1.3 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
