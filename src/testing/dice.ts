export interface Dice {
  /** A whole number from 0 to `sides` - 1. */
  roll(sides: number): number;
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
}

/** The same rolls for the same seed (mulberry32). */
export function diceOf(seed: number): Dice {
  let state = seed;
  const roll = (sides: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
  return { roll, pick: (items) => items[roll(items.length)] ?? items[0] };
}
