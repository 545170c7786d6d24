import type { ReadNumber } from './judge.ts';

const maxKept = 1_000;

/** What begins of this process have written last: the settle that follows each of them needs no read, because its write is refused where that no longer stands. */
export interface JustWritten {
  keep(written: ReadNumber): void;
  /** What is known of a number's row; it is forgotten with that. */
  take(subject: string): ReadNumber | undefined;
}

/** Keeps the latest. */
export function justWritten(): JustWritten {
  const kept = new Map<string, ReadNumber>();
  return {
    keep(written) {
      kept.set(written.subject, written);
      const [oldest] = kept.keys();
      if (kept.size > maxKept && oldest !== undefined) kept.delete(oldest);
    },
    take(subject) {
      const written = kept.get(subject);
      kept.delete(subject);
      return written;
    },
  };
}
