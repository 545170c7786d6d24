import { SegmentedMessage } from 'sms-segments-calculator';
import type { ProviderErrorKind } from '../../errors.ts';
import { kindOfStatus, readObject, type VendorAnswer } from '../exchange.ts';
import { answered, clientReference, deliverySeconds, withoutPlus, type VonageApi } from './api.ts';

/** What `status` means in an answer: developer.vonage.com/en/api-errors/sms, and the older list from 13 on. */
const kinds: ReadonlyMap<string, ProviderErrorKind> = new Map([
  ['1', 'rate_limited'],
  ['2', 'config'],
  ['3', 'config'],
  ['4', 'auth'],
  ['5', 'temporary'],
  ['6', 'invalid_number'],
  ['7', 'blocked_destination'],
  ['8', 'auth'],
  ['9', 'funds'],
  ['10', 'rate_limited'],
  ['11', 'config'],
  ['12', 'config'],
  ['13', 'temporary'],
  ['14', 'auth'],
  ['15', 'config'],
  ['16', 'config'],
  ['19', 'config'],
  ['20', 'config'],
  ['22', 'config'],
  ['23', 'config'],
  ['29', 'config'],
  ['32', 'auth'],
  ['33', 'invalid_number'],
  ['34', 'invalid_number'],
]);

/** The SMS API: answers 200 whatever came of it, and tells of each part of a text. */
export const smsApi: VonageApi = {
  address: 'https://rest.nexmo.com',
  path: '/sms/json',
  request(message, from, receiptUrl) {
    const { to, text } = message;
    return {
      from,
      to: withoutPlus(to),
      text,
      // As plain text, letters that GSM 03.38 has not would arrive as question marks.
      type: new SegmentedMessage(text).encodingName === 'GSM-7' ? undefined : 'unicode',
      ttl: deliverySeconds(message) * 1_000,
      'client-ref': clientReference(message),
      callback: callbackIn(receiptUrl),
    };
  },
  messageId(name, answer) {
    const [first, ...others] = partsIn(answer);
    if (first?.status === undefined) throw answered(name, kindOfStatus(answer.status), `HTTP ${answer.status}`, answer);
    const { status, id } = first;
    // Where a later part was refused, this one is on its way and paid for: receipts tell the rest.
    if (status === '0') {
      if (id === undefined) throw answered(name, 'unknown', 'status 0', answer);
      return id;
    }
    const isRefused = others.every((part) => part.status !== undefined && part.status !== '0');
    throw answered(name, isRefused ? (kinds.get(status) ?? 'unknown') : 'ambiguous', `status ${status}`, answer);
  },
};

/** Without its query: Vonage takes no more than 100 characters, and the reference goes out beside it. Undefined: even so it is too long. */
function callbackIn(receiptUrl: string | null): string | undefined {
  const callback = receiptUrl?.split('?', 1)[0];
  return callback !== undefined && callback.length <= 100 ? callback : undefined;
}

/** What came of each part of a text; a status that cannot be read is undefined. */
function partsIn({ text }: VendorAnswer): { status: string | undefined; id: string | undefined }[] {
  const messages: unknown = readObject(text)?.messages;
  if (!Array.isArray(messages)) return [];
  return messages.map((part: unknown) => {
    const { status, 'message-id': id } = (part ?? {}) as Readonly<Record<string, unknown>>;
    return {
      status: typeof status === 'string' && /^\d{1,3}$/.test(status) ? status : undefined,
      id: typeof id === 'string' && id !== '' ? id : undefined,
    };
  });
}
