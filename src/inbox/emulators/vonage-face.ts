import { SegmentedMessage } from 'sms-segments-calculator';
import type { Carrier } from './emulator.ts';
import type { AccountSettings } from './vonage-settings.ts';
import type { SignatureMethod } from './vonage-signing.ts';

/** Who calls, and what signs their receipts; undefined: nothing does. */
export interface Account {
  readonly apiKey: string;
  readonly secret: string | undefined;
  readonly signatureMethod: SignatureMethod;
  /** As they are at the moment. */
  settings(): AccountSettings;
}

/** A message that would be taken. */
export interface Taken {
  /** E.164. */
  readonly to: string;
  readonly from: string;
  /** What arrives. */
  readonly body: string;
  /** Receipts tell of each. */
  readonly messageIds: readonly string[];
  answer(): Response;
  /** Where receipts go; undefined: nowhere. */
  receiptUrl(): string | undefined;
  /** `code`: why it failed. */
  receipt(url: string, messageId: string, status: string, code: string | null): Request;
  /** What the sender's number is told of the person's reply, which has an id of its own. */
  reply(url: string, messageId: string, body: string): Request;
}

/** One of the two APIs: its words. */
export interface VonageFace {
  readonly path: string;
  readonly statuses: Readonly<Record<'taken' | 'delivered' | 'undelivered', string>>;
  readonly codes: Readonly<Record<'noCredentials' | 'credentials' | 'throttled' | 'refused' | 'undelivered', string>>;
  refuse(code: string, over?: { text?: string; status?: number; headers?: Record<string, string> }): Response;
  read(fields: Readonly<Record<string, string>>, account: Account, carrier: Carrier): Taken | Response;
}

/** A number without a plus, a short code, or up to 11 letters and digits. */
export function isSender(from: string): boolean {
  return /^\d{3,15}$/.test(from) || /^[\p{L}\d &._-]{1,11}$/u.test(from);
}

export function isWithin(value: string, least: number, most: number): boolean {
  return /^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most;
}

/** What arrives of a text that goes out as plain text: letters that GSM 03.38 has not are question marks. */
export function inGsm7(text: string): string {
  const isGsm7 = (letter: string): boolean => new SegmentedMessage(letter).encodingName === 'GSM-7';
  return isGsm7(text) ? text : Array.from(text, (letter) => (isGsm7(letter) ? letter : '?')).join('');
}
