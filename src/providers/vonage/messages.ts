import type { ProviderErrorKind } from '../../errors.ts';
import { kindOfStatus, readObject, type VendorAnswer } from '../exchange.ts';
import { answered, clientReference, deliverySeconds, withoutPlus, type VonageApi } from './api.ts';

/** What the end of an error's `type` means, in an answer or a receipt: developer.vonage.com/en/api-errors and …/api-errors/messages, as far as it is about SMS. */
export const kindsOfMessages: ReadonlyMap<string, ProviderErrorKind> = new Map([
  ['low-balance', 'funds'],
  ['unauthorized', 'auth'],
  ['forbidden', 'auth'],
  ['unprovisioned', 'auth'],
  ['account-suspended', 'auth'],
  ['application-suspended', 'auth'],
  ['invalid-api-key', 'auth'],
  ['invalid-signature', 'auth'],
  ['invalid-ip', 'auth'],
  ['multiple-auth-methods', 'auth'],
  ['not-found', 'config'],
  ['invalid-id', 'config'],
  ['invalid-json', 'config'],
  ['invalid-params', 'config'],
  ['wrong-verb', 'config'],
  ['accept-header', 'config'],
  ['content-type-header', 'config'],
  ['unavailable-legal', 'blocked_destination'],
  ['throttled', 'rate_limited'],
  ['1000', 'rate_limited'],
  ['1010', 'config'],
  ['1020', 'config'],
  ['1021', 'config'],
  ['1022', 'config'],
  ['1030', 'temporary'],
  ['1040', 'invalid_number'],
  ['1050', 'blocked_destination'],
  ['1060', 'auth'],
  ['1070', 'funds'],
  ['1080', 'config'],
  ['1090', 'config'],
  ['1100', 'temporary'],
  ['1120', 'config'],
  ['1130', 'config'],
  ['1140', 'config'],
  ['1150', 'config'],
  ['1160', 'config'],
  ['1170', 'invalid_number'],
  ['1180', 'temporary'],
  ['1190', 'invalid_number'],
  ['1200', 'temporary'],
  ['1210', 'filtered'],
  ['1220', 'temporary'],
  ['1230', 'temporary'],
  ['1240', 'opted_out'],
  ['1241', 'rate_limited'],
  ['1250', 'config'],
  ['1251', 'config'],
  ['1260', 'invalid_number'],
  ['1270', 'filtered'],
  ['1280', 'not_sms_capable'],
  ['1282', 'filtered'],
  ['1290', 'temporary'],
  ['1300', 'not_sms_capable'],
  ['1310', 'not_sms_capable'],
  // Taken, but when it was sent before.
  ['1320', 'ambiguous'],
  ['1330', 'unknown'],
  ['1331', 'temporary'],
  ['1360', 'temporary'],
  ['1400', 'config'],
  ['1410', 'config'],
  ['1420', 'config'],
  ['1430', 'invalid_number'],
  ['1440', 'config'],
  ['1450', 'config'],
  ['1460', 'rate_limited'],
  ['1461', 'rate_limited'],
  ['1470', 'blocked_destination'],
  ['1472', 'rate_limited'],
  ['1473', 'blocked_destination'],
  ['1480', 'config'],
  ['1481', 'config'],
  ['1482', 'config'],
  ['1483', 'filtered'],
  ['1484', 'config'],
]);

/** The Messages API, version 1: its answer is the status and, for what it refuses, a problem (RFC 9457). */
export const messagesApi: VonageApi = {
  address: 'https://api.nexmo.com',
  path: '/v1/messages',
  request(message, from, receiptUrl) {
    return {
      message_type: 'text',
      channel: 'sms',
      to: withoutPlus(message.to),
      from,
      text: message.text,
      ttl: deliverySeconds(message),
      client_ref: clientReference(message),
      ...(receiptUrl !== null && { webhook_url: receiptUrl, webhook_version: 'v1' }),
    };
  },
  messageId(name, answer) {
    const { status } = answer;
    const problem = readObject(answer.text) ?? {};
    const id = problem.message_uuid;
    if (status >= 200 && status < 300 && typeof id === 'string' && id !== '') return id;
    throw refusal(name, answer, codeIn(problem));
  },
};

function refusal(name: string, answer: VendorAnswer, code: string | undefined): Error {
  const kind = code === undefined ? undefined : kindsOfMessages.get(code);
  return kind === undefined
    ? answered(name, kindOfStatus(answer.status), `HTTP ${answer.status}`, answer)
    : answered(name, kind, `HTTP ${answer.status}, ${code}`, answer);
}

/** The code of a problem: the end of its type (`…/api-errors/messages#1120`), else its title, in receipts a number. Undefined: none that is known. */
export function codeIn({ type, title }: Readonly<Record<string, unknown>>): string | undefined {
  const end = typeof type === 'string' ? type.slice(type.lastIndexOf('#') + 1) : '';
  return [end, String(title)].find((code) => kindsOfMessages.has(code));
}
