import { computed, signal } from '@preact/signals';
import { ask } from './ask.ts';
import type { Prices } from './cost.ts';

/** What the inbox is and how it was started. */
export interface InboxInfo {
  version: string;
  /** When there are more, the oldest go. */
  max_messages: number;
  /** `password`: whoever calls gives one; `local`: only this machine is answered. */
  access: 'local' | 'password';
  /** Where a phone in the same network reaches this page. */
  addresses: readonly string[];
  /** Whose emulators there are. */
  vendors: readonly string[];
  prices: Prices | null;
}

/** Null until it is known. */
export const info = signal<InboxInfo | null>(null);

const lendsNumbers = new Set(['smspinverify', 'handler-api', '5sim']);
/** Vendors that take texts: the others lend the numbers that texts go to. */
export const sendingVendors = computed(() => (info.value?.vendors ?? []).filter((vendor) => !lendsNumbers.has(vendor)));

/** Asks what the inbox is. */
export async function loadInfo(): Promise<void> {
  info.value = await ask<InboxInfo>('GET', 'info').catch(() => info.peek());
}
