import { randomInt, randomUUID } from 'node:crypto';
import type { Fault } from './emulator.ts';

/** What can be scripted: a fault, or a delay, after which what else is scripted counts. */
export type ScriptedFault = Fault | { readonly kind: 'delay'; readonly delayMs: number };

/** For which messages a fault is, and for how many of them: the `next` so many, or each with a probability above 0 and up to 1. */
export type NewFaultEntry = {
  /** All vendors, when unset. */
  readonly vendor?: string | undefined;
  /** With its country code; all numbers, when unset. */
  readonly to?: string | undefined;
  readonly fault: ScriptedFault;
} & ({ readonly next: number } | { readonly probability: number });

export type FaultEntry = NewFaultEntry & { readonly id: string };

/** What is to go wrong, in the order in which it was said. */
export interface FaultScript {
  add(entry: NewFaultEntry): FaultEntry;
  /** What is left: `next` says for how many more. */
  list(): readonly FaultEntry[];
  /** Forgets what was said for a vendor, or (unset) everything. */
  clear(vendor?: string): void;
  /** Forgets one entry, if it is still there. */
  remove(id: string): void;
  /** Takes what is meant for one message. Of racing messages, exactly as many as `next` says are hit. */
  take(
    vendor: string,
    to: string,
    options?: { readonly named?: boolean },
  ): { readonly delayMs: number; readonly fault: Fault | null };
}

/** Makes an empty script. `chance` tells numbers from 0 to below 1. */
export function createFaultScript(chance: () => number = evenChance): FaultScript {
  let entries: FaultEntry[] = [];

  /** Whether an entry hits, counted down where it is counted. */
  function hits(entry: FaultEntry): boolean {
    if ('probability' in entry) return chance() < entry.probability;
    const left = entry.next - 1;
    entries = entries.flatMap((one) => (one !== entry ? [one] : left > 0 ? [{ ...entry, next: left }] : []));
    return true;
  }

  return {
    add(entry) {
      const added = { ...entry, id: randomUUID() };
      entries.push(added);
      return added;
    },
    list: () => [...entries],
    clear(vendor) {
      entries = vendor === undefined ? [] : entries.filter((entry) => entry.vendor !== vendor);
    },
    remove(id) {
      entries = entries.filter((entry) => entry.id !== id);
    },
    take(vendor, to, { named = false } = {}) {
      let delayMs = 0;
      for (const entry of entries) {
        if (named && entry.vendor === undefined) continue;
        if (!isMeant(entry, vendor, to) || !hits(entry)) continue;
        if (entry.fault.kind !== 'delay') return { delayMs, fault: entry.fault };
        delayMs += entry.fault.delayMs;
      }
      return { delayMs, fault: null };
    },
  };
}

function isMeant(entry: FaultEntry, vendor: string, to: string): boolean {
  return (entry.vendor ?? vendor) === vendor && (entry.to === undefined || digitsOf(entry.to) === digitsOf(to));
}

/** Some vendors write numbers without a plus. */
function digitsOf(number: string): string {
  return number.replace(/\D/g, '');
}

function evenChance(): number {
  return randomInt(2 ** 32) / 2 ** 32;
}
