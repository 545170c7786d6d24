import { computed, effect, signal } from '@preact/signals';
import { ask } from './ask.ts';
import { info, sendingVendors } from './info.ts';
import { pageIsHidden } from './page-visibility.ts';
import { panel } from './panel.ts';

/** What is scripted to go wrong, as the inbox tells of it. */
export interface FaultEntry {
  id: string;
  /** Null: all. */
  vendor: string | null;
  to: string | null;
  fault: { kind: string } & Record<string, string | number | undefined>;
  /** For so many more texts. */
  next?: number;
  probability?: number;
}

/** A text that was taken and lies with the carrier until someone lets it go. */
export interface HeldText {
  id: string;
  to: string;
  from: string;
  body: string;
  provider: string;
  /** RFC 3339. */
  held_at: string;
}

/** In the order in which they were said; null until they are known. */
export const faults = signal<readonly FaultEntry[] | null>(null);
export const held = signal<readonly HeldText[]>([]);
/** Whether there are emulators, to whose texts something can happen. */
export const faultsArePossible = computed(() => info.value === null || sendingVendors.value.length > 0);

const askAgainAfterMs = 2_000;

/** Asks for what is scripted and what is held. */
async function refreshFaults(): Promise<void> {
  const [scripted, lying] = await Promise.all([
    ask<{ data: FaultEntry[] }>('GET', 'faults').catch(() => null),
    ask<{ data: HeldText[] }>('GET', 'held').catch(() => null),
  ]);
  if (scripted !== null && changed(scripted.data, faults.peek())) faults.value = scripted.data;
  if (lying !== null && changed(lying.data, held.peek())) held.value = lying.data;
}

/** Keeps what is scripted and held up to date: while the panel shows it, or texts are held or are to be, and somebody can see the page. Called once. */
export function watchFaults(): void {
  const watched = computed(
    () =>
      faultsArePossible.value &&
      !pageIsHidden.value &&
      (panel.value === 'faults' || held.value.length > 0 || (faults.value ?? []).some(isHold)),
  );
  void refreshFaults();
  effect(() => {
    if (!pageIsHidden.value) void refreshFaults();
  });
  effect(() => {
    if (!watched.value) return undefined;
    void refreshFaults();
    const timer = setInterval(refreshFaults, askAgainAfterMs);
    return () => clearInterval(timer);
  });
}

export async function scriptFault(entry: Omit<FaultEntry, 'id' | 'vendor' | 'to'> & { vendor?: string; to?: string }) {
  await ask('POST', 'faults', entry);
  await refreshFaults();
}

/** Forgets one fault, or (unset) all. */
export async function forgetFault(id?: string): Promise<void> {
  await ask('DELETE', id === undefined ? 'faults' : `faults/${encodeURIComponent(id)}`);
  await refreshFaults();
}

/** Delivers a held text, or lets it fail. */
export async function letGo(id: string, outcome: 'deliver' | 'fail'): Promise<void> {
  await ask('POST', `held/${encodeURIComponent(id)}`, { outcome });
  await refreshFaults();
}

function isHold({ fault }: FaultEntry): boolean {
  return fault.kind === 'hold';
}

function changed(next: unknown, before: unknown): boolean {
  return JSON.stringify(next) !== JSON.stringify(before);
}
