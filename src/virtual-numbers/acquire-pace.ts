import type { VirtualNumberProvider } from './virtual-number.ts';

const minuteMs = 60_000;
/** Nobody waits for so long: a turn that is farther ahead was taken by another clock. */
const farAheadMs = 60 * minuteMs;

/** When numbers were acquired, or will be, by the pace that they are acquired at: one for each account. In order. */
const turns = new WeakMap<VirtualNumberProvider['pace'], number[]>();

/**
 * Takes the next turn at which a number may be acquired, in milliseconds of the clock: now, or later where so many were acquired within a minute as the provider's pace allows.
 * Providers that share a `pace` object, as a wrapped one and the one inside do, share its turns. `giveBack` is for who does not acquire after all.
 */
export function takeTurn(
  { pace }: Pick<VirtualNumberProvider, 'pace'>,
  nowMs: number,
): { readonly atMs: number; giveBack(): void } {
  const most = Math.max(1, Math.floor(pace.acquiresPerMinute));
  const taken = (turns.get(pace) ?? []).filter((atMs) => atMs > nowMs - minuteMs && atMs < nowMs + farAheadMs);
  turns.set(pace, taken);
  const earlier = taken.at(-most);
  const atMs = earlier === undefined ? nowMs : Math.max(nowMs, earlier + minuteMs);
  taken.push(atMs);
  return {
    atMs,
    giveBack() {
      const place = (turns.get(pace) ?? []).lastIndexOf(atMs);
      if (place >= 0) turns.get(pace)?.splice(place, 1);
    },
  };
}
