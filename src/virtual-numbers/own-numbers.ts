/** Numbers of one's own, each lent to one lease at a time. What is kept about a lease is gone when it ends. */
export interface OwnNumbers<Kept> {
  /**
   * Lends the number that was free for longest: of racing calls no two get the same. `begin` does what has to be done first, and what it resolves with is kept; if it rejects, the
   * number is free again. Null: all are lent.
   */
  lend(nowMs: number, begin: (number: string, handle: string) => Promise<Kept>): Promise<LentNumber | null>;
  /** Undefined for a lease that has ended, or that is someone else's. */
  find(handle: string): (LentNumber & { readonly kept: Kept }) | undefined;
  /** Again: nothing. Never ends the next lease of the same number. */
  end(handle: string): void;
}

interface LentNumber {
  readonly number: string;
  readonly handle: string;
}

export function ownNumbers<Kept>(numbers: readonly string[]): OwnNumbers<Kept> {
  const free = [...numbers];
  const lent = new Map<string, LentNumber & { readonly kept: Kept }>();
  let count = 0;
  return {
    async lend(nowMs, begin) {
      const number = free.shift();
      if (number === undefined) return null;
      count += 1;
      const handle = `${nowMs.toString(36)}-${count}`;
      try {
        lent.set(handle, { number, handle, kept: await begin(number, handle) });
        return { number, handle };
      } catch (error) {
        free.push(number);
        throw error;
      }
    },
    find: (handle) => lent.get(handle),
    end(handle) {
      const lease = lent.get(handle);
      if (lent.delete(handle) && lease) free.push(lease.number);
    },
  };
}
