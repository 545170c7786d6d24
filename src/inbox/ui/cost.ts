import type { InboxMessage } from './api.ts';

/** What a segment costs, by what the number begins with; `*`: any other number. */
export interface Prices {
  currency: string;
  per_segment: Readonly<Record<string, number>>;
}

/** What a text costs: as the longest beginning of its number that has a price says. Null where none has. */
export function costOf({ to, segments }: Pick<InboxMessage, 'to' | 'segments'>, prices: Prices | null): number | null {
  if (prices === null) return null;
  const price = prices.per_segment[beginningOf(to, prices)];
  return price === undefined ? null : price * segments;
}

/** What several cost together; null where no price is known of any. */
export function costOfAll(messages: readonly InboxMessage[], prices: Prices | null): number | null {
  let sum: number | null = null;
  for (const message of messages) {
    const cost = costOf(message, prices);
    if (cost !== null) sum = (sum ?? 0) + cost;
  }
  return sum;
}

/** Which of the prices a number has: `+1`, or `*`. */
export function beginningOf(to: string, { per_segment }: Prices): string {
  for (let length = to.length; length > 0; length -= 1) {
    const beginning = to.slice(0, length);
    if (Object.hasOwn(per_segment, beginning)) return beginning;
  }
  return '*';
}

const amounts = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 4 });

/** `USD 0.0166`. */
export function spelledCost(cost: number, { currency }: Prices): string {
  return `${currency} ${amounts.format(cost)}`;
}
