import { ReceiptError, type ProviderErrorKind } from '../../errors.ts';
import { readObject } from '../exchange.ts';
import type { Receipt, ReceiptRequest } from '../provider.ts';
import { referenceIn } from '../receipt-url.ts';
import { codeIn, kindsOfMessages } from './messages.ts';
import { assertSigned } from './signature.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The words of both APIs. `unknown`, of the SMS API, says nothing. */
const statuses: ReadonlyMap<unknown, Receipt['status']> = new Map([
  ['accepted', 'sent'],
  ['buffered', 'sent'],
  ['submitted', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'delivered'],
  ['expired', 'failed'],
  ['failed', 'failed'],
  ['rejected', 'failed'],
  ['undelivered', 'failed'],
  ['undeliverable', 'failed'],
]);

/** What `err-code` means: developer.vonage.com/en/messaging/sms/guides/delivery-receipts */
const kindsOfSms: ReadonlyMap<unknown, ProviderErrorKind> = new Map([
  ['1', 'unknown'],
  ['2', 'temporary'],
  ['3', 'invalid_number'],
  ['4', 'not_sms_capable'],
  ['5', 'temporary'],
  ['6', 'filtered'],
  ['7', 'temporary'],
  ['8', 'temporary'],
  ['9', 'opted_out'],
  ['10', 'config'],
  ['11', 'config'],
  ['12', 'invalid_number'],
  ['13', 'filtered'],
  ['14', 'not_sms_capable'],
  ['15', 'temporary'],
  ['16', 'funds'],
  ['50', 'config'],
  ['51', 'config'],
  ['52', 'config'],
  ['53', 'filtered'],
  ['54', 'config'],
  ['99', 'temporary'],
]);

/**
 * What a webhook of either API tells, since which one an account is told by is a setting of the account. Without a secret it is believed for coming to an address, and with a
 * reference, that only Vonage was told.
 */
export function readReceipts(request: ReceiptRequest, signatureSecret: string | undefined): readonly Receipt[] {
  const fields = fieldsIn(request);
  if (!fields) throw new ReceiptError('cannot be read: set the webhook format at Vonage to POST-JSON');
  if (signatureSecret !== undefined) assertSigned(request, fields, signatureSecret);
  // What stands in the address is not signed.
  const unsigned = signatureSecret === undefined ? referenceIn(request.url) : null;
  const receipt = 'message_uuid' in fields ? ofMessages(fields, unsigned) : ofSms(fields, unsigned);
  if (receipt.messageId === null) throw new ReceiptError('cannot be read: it names no message');
  const { messageId, reference } = receipt;
  const status = statuses.get(fields.status);
  if (status === undefined) return [];
  return [{ messageId, reference, status, errorKind: status === 'failed' ? receipt.errorKind : null }];
}

type Read = Omit<Receipt, 'status' | 'messageId'> & { messageId: string | null };

function ofSms(fields: Fields, unsigned: string | null): Read {
  return {
    messageId: textOf(fields.messageId),
    reference: textOf(fields['client-ref']) ?? unsigned,
    errorKind: kindsOfSms.get(fields['err-code']) ?? null,
  };
}

function ofMessages(fields: Fields, unsigned: string | null): Read {
  const told = objectOf(fields.error);
  // Twice inside itself, by some versions of the vendor's own documentation.
  const code = codeIn(told) ?? codeIn(objectOf(told.error));
  return {
    messageId: textOf(fields.message_uuid),
    reference: textOf(fields.client_ref) ?? unsigned,
    errorKind: (code === undefined ? undefined : kindsOfMessages.get(code)) ?? null,
  };
}

/** Of JSON or of a form: the webhook format is a setting of the account. Null: of neither. */
function fieldsIn({ body, headers }: ReceiptRequest): Fields | null {
  const text = new TextDecoder().decode(body);
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(headers.get('content-type') ?? '');
  return isForm ? Object.fromEntries(new URLSearchParams(text)) : readObject(text);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function objectOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
