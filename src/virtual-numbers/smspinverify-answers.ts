import { VirtualNumberError, type VirtualNumberErrorKind } from '../errors.ts';
import { extractCode } from '../extract-code.ts';
import type { VendorAnswer } from './exchange.ts';
import { notUnderstood, refusalOfStatus, tooManyCalls } from './refusal.ts';
import type { ReceivedText, Released } from './virtual-number.ts';

/** A number as the provider writes it, and the id of the order where it tells one. */
export interface RawNumber {
  readonly raw: string;
  readonly id: string | null;
}

/** What a poll was answered. `unknown`: the provider does not know the number, which it says at first of every number. */
export type SmsAnswer =
  | { readonly is: 'waiting'; readonly answer: string }
  | { readonly is: 'unknown' }
  | { readonly is: 'received'; readonly texts: readonly ReceivedText[] };

const fault = 'has a passing fault: ask again later';

/** The first that fits counts. */
const sentences: readonly (readonly [RegExp, VirtualNumberErrorKind, string])[] = [
  [/customer not found/i, 'auth', 'does not know the key (customer)'],
  [/(?:app|country) not found/i, 'config', 'does not know the app or the country'],
  [/not enough balance|balance is expired/i, 'funds', 'has no money left on this account, or it has expired'],
  [
    /no free channels|registration in progress|no number found/i,
    'no_numbers',
    'has no such number free just now: ask again later',
  ],
  [/error 102\b/i, 'unavailable', fault],
];
const isNotThereYet = /not received any code/i;
/** Said of a number that is no more, or not yet. */
const isNotKnown = /(?:number not|no number) found/i;

const numberAndId = /^(\+?\d{7,15})(?:\|(\S+))?$/;
const bareCode = /^\d{4,10}$/;
const isAmount = /^-?\d+(?:\.\d+)?$/;

/** Where sites of this family put things in JSON. */
const numberNames = ['number', 'phone', 'phone_number', 'phonenumber', 'data'];
const idNames = ['n_id', 'id'];
const textNames = ['message', 'text', 'sms', 'msg', 'content', 'data'];
const codeNames = ['code', 'otp', 'pin'];
const senderNames = ['from', 'sender'];
const timeNames = ['timestamp', 'date', 'created_at', 'time'];

/** What an answer is read for: who gave it, what was asked (for a message), and when. */
export interface Heard {
  readonly name: string;
  readonly asked: string;
  readonly nowMs: number;
}

/** The number in an answer to `get_number.php`. Throws what the answer means where it is not a number and nothing else. */
export function readNumber(answer: VendorAnswer, heard: Heard): RawNumber {
  const found = numberIn(heardIn(answer, heard).said);
  if (found && isTaken(answer)) return found;
  throw strange(answer, heard);
}

/** What an answer to `get_sms.php` holds. Throws what it means where that is an error. */
export function readSms(answer: VendorAnswer, heard: Heard): SmsAnswer {
  const { said, words } = heardIn(answer, heard, isNotKnown);
  if (isNotThereYet.test(words)) return { is: 'waiting', answer: 'no code was received yet' };
  if (isNotKnown.test(words)) return { is: 'unknown' };
  if (!isTaken(answer)) throw strange(answer, heard);
  // Another error than 102, whose number would pass for a code.
  if (/^\s*error \d+\b/i.test(words)) throw new VirtualNumberError('unavailable', `${heard.name} ${fault}.`);
  const texts = textsIn(said).filter(({ code, text }) => code !== null || extractCode(text ?? '') !== null);
  if (texts.length > 0) return { is: 'received', texts };
  return { is: 'waiting', answer: words === '' ? 'nothing' : 'words without a code' };
}

/** What an answer to `get_reject_number.php` means. */
export function readRejection(answer: VendorAnswer, heard: Heard): Released {
  if ([404, 405, 410].includes(answer.status)) return 'unsupported';
  const { words } = heardIn(answer, heard, isNotKnown);
  if (/number rejected/i.test(words) || isNotKnown.test(words)) return 'released';
  if (/not able to reject|\bminutes?\b/i.test(words)) return 'too_early';
  throw strange(answer, heard);
}

/** What an answer to `get_balance.php` says is left. */
export function readBalance(answer: VendorAnswer, heard: Heard): number {
  const { said } = heardIn(answer, heard);
  const told = isObject(said) ? valueOf(said, ['balance', 'data']) : said;
  const amount =
    typeof told === 'number' ? told : typeof told === 'string' && isAmount.test(told.trim()) ? Number(told) : null;
  if (amount !== null && isTaken(answer)) return amount;
  throw strange(answer, heard);
}

const isTaken = ({ status }: VendorAnswer): boolean => status >= 200 && status < 300;

function strange(answer: VendorAnswer, { name, nowMs }: Heard): VirtualNumberError {
  if (answer.status === 404) {
    return new VirtualNumberError('config', `${name} has no such call (HTTP 404): check its baseUrl.`);
  }
  return isTaken(answer) ? notUnderstood(name, answer) : refusalOfStatus(name, answer, nowMs);
}

/** An answer as JSON, where it is, and all its words. Throws the error that these are, unless they are `but`. */
function heardIn(answer: VendorAnswer, { name, asked, nowMs }: Heard, but?: RegExp): { said: unknown; words: string } {
  const text = answer.text.replace(/^\uFEFF/, '').trim();
  if (answer.status >= 500 || answer.status === 429) throw refusalOfStatus(name, answer, nowMs);
  // A text may begin with `<#>`, for Android.
  if (/^<(?!#>)/.test(text)) {
    throw new VirtualNumberError(
      'unavailable',
      `${name} answered with a web page: it is out of order, or baseUrl is not its address.`,
    );
  }
  const said = jsonOrText(text);
  const words = wordsIn(said).join('\n');
  if (/too many requests/i.test(words)) throw tooManyCalls(name, answer, nowMs);
  const [, kind, says] = sentences.find(([sentence]) => sentence.test(words)) ?? [];
  if (kind !== undefined && !but?.test(words)) {
    throw new VirtualNumberError(kind, `${name} ${says}${kind === 'config' ? ` (${asked})` : ''}.`);
  }
  return { said, words };
}

function jsonOrText(text: string): unknown {
  // Bare digits stay what they are: as a number they would lose some.
  if (!/^[[{"]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function wordsIn(said: unknown): string[] {
  if (typeof said === 'string') return [said];
  return typeof said === 'object' && said !== null ? Object.values(said).flatMap(wordsIn) : [];
}

function numberIn(said: unknown): RawNumber | null {
  if (Array.isArray(said)) return said.length === 1 ? numberIn(said[0]) : null;
  if (isObject(said)) {
    const found = numberIn(valueOf(said, numberNames));
    const id = valueOf(said, idNames);
    const isId = typeof id === 'string' || typeof id === 'number';
    return found && { raw: found.raw, id: found.id ?? (isId ? String(id) : null) };
  }
  const text = typeof said === 'number' ? String(said) : typeof said === 'string' ? said.trim() : '';
  const [, raw, id = null] = numberAndId.exec(text) ?? [];
  return raw === undefined ? null : { raw, id };
}

/** The newest last, where they say when they came. */
function textsIn(said: unknown): readonly ReceivedText[] {
  if (Array.isArray(said)) {
    const each = (said as readonly unknown[]).map((one) => ({ texts: textsIn(one), atMs: timeOf(one) }));
    return each.toSorted((one, other) => one.atMs - other.atMs || 0).flatMap(({ texts }) => texts);
  }
  if (!isObject(said)) return textOf(said, null);
  const told = valueOf(said, textNames);
  if (typeof told === 'object' && told !== null) return textsIn(told);
  const from = valueOf(said, senderNames);
  const [text] = textOf(told, typeof from === 'string' ? from : null);
  const [code] = textOf(valueOf(said, codeNames), text?.from ?? null);
  if (!text) return code?.text === null ? [code] : [];
  // Some say under `code` how the call went.
  return [text.code === null && code && text.text?.includes(String(code.code)) ? { ...text, code: code.code } : text];
}

function textOf(said: unknown, from: string | null): readonly ReceivedText[] {
  const text = typeof said === 'number' ? String(said) : typeof said === 'string' ? said.trim() : '';
  if (text === '') return [];
  return [bareCode.test(text) ? { code: text, text: null, from } : { code: null, text, from }];
}

function timeOf(said: unknown): number {
  const told = isObject(said) ? valueOf(said, timeNames) : null;
  return typeof told === 'number' ? told : Date.parse(typeof told === 'string' ? told : '');
}

function isObject(said: unknown): said is Readonly<Record<string, unknown>> {
  return typeof said === 'object' && said !== null && !Array.isArray(said);
}

/** What stands under the first of the names that is there, in capitals or not. */
function valueOf(said: Readonly<Record<string, unknown>>, names: readonly string[]): unknown {
  const entries = Object.entries(said);
  return names
    .map((name) => entries.find(([key, value]) => key.toLowerCase() === name && value !== null)?.[1])
    .find((value) => value !== undefined);
}
