import { randomBytes } from 'node:crypto';
import { SegmentedMessage } from 'sms-segments-calculator';

export const apiVersion = '2010-04-01';

/** What a call says of the message that it wants sent. */
export interface TwilioMessage {
  readonly to: string;
  readonly from: string | null;
  readonly messagingServiceSid: string | null;
  readonly body: string;
  readonly statusCallback: string | null;
}

/** A message as Twilio tells it. */
export interface MessageResource {
  account_sid: string;
  api_version: string;
  body: string;
  date_created: string;
  date_sent: string | null;
  date_updated: string;
  direction: string;
  error_code: number | null;
  error_message: string | null;
  from: string | null;
  messaging_service_sid: string | null;
  num_media: string;
  num_segments: string;
  price: string | null;
  price_unit: string | null;
  sid: string;
  status: string;
  subresource_uris: { media: string };
  to: string;
  uri: string;
}

/** Reads what a call says. */
export function readMessage(form: URLSearchParams): TwilioMessage {
  return {
    to: form.get('To') ?? '',
    from: form.get('From') || null,
    messagingServiceSid: form.get('MessagingServiceSid') || null,
    body: form.get('Body') ?? '',
    statusCallback: form.get('StatusCallback') || null,
  };
}

/** Makes the message as it is in the answer to the call: nothing is known yet but that it was taken. */
export function newResource(
  account: string,
  { to, from, body, messagingServiceSid }: TwilioMessage,
  nowMs: number,
  sid = `SM${randomBytes(16).toString('hex')}`,
): MessageResource {
  const uri = `/${apiVersion}/Accounts/${account}/Messages/${sid}`;
  const isPooled = messagingServiceSid !== null;
  const at = rfc2822(nowMs);
  return {
    account_sid: account,
    api_version: apiVersion,
    body,
    date_created: at,
    date_sent: null,
    date_updated: at,
    direction: 'outbound-api',
    error_code: null,
    error_message: null,
    from: isPooled ? null : from,
    messaging_service_sid: messagingServiceSid,
    num_media: '0',
    num_segments: isPooled ? '0' : String(new SegmentedMessage(body).segmentsCount),
    price: null,
    price_unit: null,
    sid,
    status: isPooled ? 'accepted' : 'queued',
    subresource_uris: { media: `${uri}/Media.json` },
    to,
    uri: `${uri}.json`,
  };
}

/** `Thu, 24 Aug 2023 05:01:45 +0000` */
export function rfc2822(ms: number): string {
  return new Date(ms).toUTCString().replace('GMT', '+0000');
}
