import { VirtualNumberError, type VirtualNumberErrorKind } from '../errors.ts';
import { readObject } from '../providers/exchange.ts';
import type { VendorAnswer } from './exchange.ts';
import { notUnderstood, refusalOfStatus, tooManyCalls } from './refusal.ts';
import type { Poll, ReceivedText, Released } from './virtual-number.ts';

/** A number that was given, and the id under which it is asked about. */
export interface Activation {
  readonly id: string;
  /** With or without a plus, never without its country code. */
  readonly digits: string;
}

/** Who answered, when, and what was asked, for a message. */
export interface Heard {
  readonly name: string;
  readonly asked: string;
  readonly nowMs: number;
}

const errors: Readonly<Record<string, readonly [VirtualNumberErrorKind, string]>> = {
  BAD_KEY: ['auth', 'does not know the key'],
  WRONG_KEY: ['auth', 'does not know the key'],
  BANNED: ['auth', 'has blocked the account'],
  CHANNELS_LIMIT: ['auth', 'has blocked the account'],
  BAD_ACTION: ['config', 'does not know the call: it may not speak this protocol in full'],
  BAD_SERVICE: ['config', 'does not know the service'],
  WRONG_SERVICE: ['config', 'does not know the service'],
  BAD_COUNTRY: ['config', 'does not know the country'],
  WRONG_COUNTRY: ['config', 'does not know the country'],
  WRONG_MAX_PRICE: ['config', 'has no number at this price'],
  NO_BALANCE: ['funds', 'says that the account has not enough money'],
  NO_NUMBERS: ['no_numbers', 'has no such number free just now: ask again later'],
  TOO_MANY_REQUESTS: ['rate_limited', 'wants fewer calls'],
  ERROR_SQL: ['unavailable', 'has a passing fault: ask again later'],
  SERVER_ERROR: ['unavailable', 'has a passing fault: ask again later'],
};
/** An activation that is over, or never was. */
const over = ['STATUS_CANCEL', 'NO_ACTIVATION', 'WRONG_ACTIVATION_ID'];
const waiting = ['STATUS_WAIT_CODE', 'STATUS_WAIT_RETRY', 'STATUS_WAIT_RESEND'];
const givenBack = ['ACCESS_ACTIVATION', 'ACCESS_CANCEL', 'ACCESS_CANCEL_ALREADY', 'ALREADY_CANCELED'];

/** The number in an answer to `getNumber` or `getNumberV2`. Throws what the answer means where it is none. */
export function readActivation(answer: VendorAnswer, heard: Heard): Activation {
  const { text, said } = heardIn(answer, heard);
  const [, id, digits] = /^ACCESS_NUMBER:([\w-]{1,64}):(\+?\d{7,15})$/.exec(text) ?? [];
  const found = said ? activationIn(said) : id === undefined ? null : { id, digits: String(digits) };
  if (found && isTaken(answer)) return found;
  throw strange(answer, heard);
}

/** What an answer to `getStatus` or `getStatusV2` means. */
export function readStatus(answer: VendorAnswer, heard: Heard): Poll {
  const { text, said, word } = heardIn(answer, heard);
  if (word !== null && over.includes(word)) return { state: 'lost', answer: word };
  if (!isTaken(answer)) throw strange(answer, heard);
  if (word !== null && waiting.includes(word)) return { state: 'waiting', answer: word };
  const [, told = ''] = /^STATUS_OK:(.+)$/s.exec(text) ?? [];
  const received = textOf(told.trim().replace(/^'(.*)'$/s, '$1'));
  if (received) return { state: 'received', texts: [received] };
  const sms = said?.['sms'];
  if (sms === null) return { state: 'waiting', answer: 'no text' };
  const texts = (Array.isArray(sms) ? (sms as unknown[]) : [sms]).map(textIn);
  if (said && texts.length === 0) return { state: 'waiting', answer: 'no text' };
  if (said && !texts.includes(null)) return { state: 'received', texts: texts.flatMap((one) => one ?? []) };
  throw strange(answer, heard);
}

/** What an answer to `setStatus` means; null: the activation cannot change to this status, or not any more. */
export function readRelease(answer: VendorAnswer, heard: Heard): Released | null {
  const { word } = heardIn(answer, heard);
  if (word === 'EARLY_CANCEL_DENIED') return 'too_early';
  if (word === 'BAD_STATUS') return null;
  if (word !== null && over.includes(word)) return 'released';
  if (word !== null && givenBack.includes(word) && isTaken(answer)) return 'released';
  throw strange(answer, heard);
}

/** What an answer to `getBalance` says is left. */
export function readBalance(answer: VendorAnswer, heard: Heard): number {
  const { text } = heardIn(answer, heard);
  const [, amount] = /^ACCESS_BALANCE:(-?\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (amount !== undefined && isTaken(answer)) return Number(amount);
  throw strange(answer, heard);
}

const isTaken = ({ status }: VendorAnswer): boolean => status >= 200 && status < 300;

function strange(answer: VendorAnswer, { name, nowMs }: Heard): VirtualNumberError {
  if (answer.status === 404) {
    return new VirtualNumberError('config', `${name} has no such page (HTTP 404): check its baseUrl.`);
  }
  return isTaken(answer) ? notUnderstood(name, answer) : refusalOfStatus(name, answer, nowMs);
}

/** An answer, as JSON too where it is, and the protocol's word in it. Throws where that is an error. */
function heardIn(answer: VendorAnswer, { name, asked, nowMs }: Heard) {
  const text = answer.text.replace(/^\uFEFF/, '').trim();
  if (answer.status >= 500 || answer.status === 429) throw refusalOfStatus(name, answer, nowMs);
  if (text.startsWith('<')) {
    throw new VirtualNumberError(
      'unavailable',
      `${name} answered with a web page: it is out of order, or baseUrl is not its address.`,
    );
  }
  const said = readObject(text);
  const word = said ? (Object.values(said).map(wordOf).find(isKnown) ?? null) : wordOf(text);
  const [kind, says] = (word !== null && Object.hasOwn(errors, word) && errors[word]) || [];
  if (kind === 'rate_limited') throw tooManyCalls(name, answer, nowMs);
  if (kind !== undefined) {
    throw new VirtualNumberError(kind, `${name} ${says}${kind === 'config' ? ` (${asked})` : ''}: ${word}.`);
  }
  return { text, said, word };
}

/** `BANNED:2030-01-01 00:00:00` -> `BANNED`, `SERVER ERROR` -> `SERVER_ERROR`; null for what is no word of the protocol. */
function wordOf(said: unknown): string | null {
  if (typeof said !== 'string') return null;
  return /^([A-Z]{2,}(?:[_ ][A-Z\d]+){0,4})(?=$|:)/.exec(said.trim())?.[1]?.replaceAll(' ', '_') ?? null;
}

/** In JSON, other words in capitals may be anything. */
function isKnown(word: string | null): word is string {
  const others = ['EARLY_CANCEL_DENIED', 'BAD_STATUS', ...over, ...waiting, ...givenBack];
  return word !== null && (Object.hasOwn(errors, word) || others.includes(word));
}

function activationIn({ activationId, phoneNumber }: Readonly<Record<string, unknown>>): Activation | null {
  const id = wordsOf(activationId);
  const digits = wordsOf(phoneNumber);
  const isOne = id !== null && /^[\w-]{1,64}$/.test(id) && digits !== null && /^\+?\d{7,15}$/.test(digits);
  return isOne ? { id, digits } : null;
}

/** One text of `getStatusV2`; null where it cannot be read. */
function textIn(sms: unknown): ReceivedText | null {
  if (typeof sms !== 'object' || sms === null || Array.isArray(sms)) return null;
  const { code, text, from } = sms as Readonly<Record<string, unknown>>;
  const told = textOf(wordsOf(code) ?? '');
  const whole = wordsOf(text);
  if (told === null && whole === null) return null;
  return { code: told?.code ?? null, text: whole ?? told?.text ?? null, from: wordsOf(from) };
}

/** What a site takes for the code: some give the whole text there. */
function textOf(told: string): ReceivedText | null {
  if (told === '') return null;
  return /^[\w-]{3,12}$/.test(told) ? { code: told, text: null, from: null } : { code: null, text: told, from: null };
}

function wordsOf(said: unknown): string | null {
  if (typeof said === 'number') return String(said);
  return typeof said === 'string' && said.trim() !== '' ? said : null;
}
