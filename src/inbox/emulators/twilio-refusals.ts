import type { TwilioMessage } from './twilio-message.ts';

export interface Refusal {
  readonly status: number;
  readonly code: number;
  readonly message: string;
}

const magic = '+1500555';
/** Of Twilio's test credentials: https://www.twilio.com/docs/iam/test-credentials */
const magicTo: Readonly<Record<string, number>> = {
  [`${magic}0001`]: 21_211,
  [`${magic}0002`]: 21_612,
  [`${magic}0003`]: 21_408,
  [`${magic}0004`]: 21_610,
  [`${magic}0009`]: 21_614,
};
const magicFrom: Readonly<Record<string, number>> = {
  [`${magic}0001`]: 21_212,
  [`${magic}0007`]: 21_606,
  [`${magic}0008`]: 21_611,
};

const sentences: Readonly<Record<number, (message: Pick<TwilioMessage, 'to' | 'from' | 'statusCallback'>) => string>> =
  {
    20_003: () => 'Authenticate',
    20_429: () => 'Too Many Requests',
    20_500: () => 'Internal Server Error',
    20_503: () => 'Service Unavailable',
    21_211: ({ to }) => `The 'To' number ${to} is not a valid phone number.`,
    21_212: ({ from }) =>
      `The 'From' number ${from} is not a valid phone number, shortcode, or alphanumeric sender ID.`,
    21_266: () => "'To' and 'From' number cannot be the same.",
    21_408: ({ to }) =>
      `Permission to send an SMS has not been enabled for the region indicated by the 'To' number: ${to}.`,
    21_602: () => 'Message body is required.',
    21_603: () => "A 'From' phone number is required.",
    21_604: () => "A 'To' phone number is required.",
    21_606: () => "The 'From' phone number provided is not a valid, message-capable Twilio phone number.",
    21_609: ({ statusCallback }) => `The 'StatusCallback' URL ${statusCallback} is not a valid URL.`,
    21_610: () => 'Attempt to send to unsubscribed recipient',
    21_611: () => "This 'From' number has exceeded the maximum number of queued messages.",
    21_612: ({ to, from }) =>
      `The 'To' phone number: ${to}, is not currently reachable using the 'From' phone number: ${from} via SMS.`,
    21_614: () => "'To' number is not a valid mobile number",
    21_617: () => 'The concatenated message body exceeds the 1600 character limit.',
  };

const statuses: Readonly<Record<number, number>> = { 20_003: 401, 20_404: 404, 20_429: 429, 20_500: 500, 20_503: 503 };

/** A refusal with one of Twilio's codes, as far as its words are known. */
export function refusal(
  code: number,
  about: Pick<TwilioMessage, 'to' | 'from' | 'statusCallback'> = { to: '', from: null, statusCallback: null },
): Refusal {
  return { status: statuses[code] ?? 400, code, message: sentences[code]?.(about) ?? 'The message was refused.' };
}

/** Why Twilio would not take a message; null: it would. */
export function refusalOf(message: TwilioMessage): Refusal | null {
  const code = codeFor(message);
  return code === null ? null : refusal(code, message);
}

function codeFor({ to, from, messagingServiceSid, body, statusCallback }: TwilioMessage): number | null {
  if (to === '') return 21_604;
  if (from === null && messagingServiceSid === null) return 21_603;
  if (body === '') return 21_602;
  if (!/^\+[1-9]\d{6,14}$/.test(to)) return 21_211;
  if (magicTo[to] !== undefined) return magicTo[to];
  if (from !== null && messagingServiceSid === null) {
    if (!isSender(from)) return 21_212;
    if (magicFrom[from] !== undefined) return magicFrom[from];
    if (from === to) return 21_266;
  }
  if (body.length > 1_600) return 21_617;
  if (statusCallback !== null && !/^https?:$/.test(URL.parse(statusCallback)?.protocol ?? '')) return 21_609;
  return null;
}

/** A number, a short code, or up to 11 letters, digits and a few signs, one of them a letter. */
function isSender(from: string): boolean {
  return /^\+[1-9]\d{6,14}$/.test(from) || /^\d{3,8}$/.test(from) || /^(?=.*[a-z])[a-z\d &+_-]{1,11}$/i.test(from);
}
