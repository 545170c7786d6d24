import { createHash, randomBytes } from 'node:crypto';
import type { InboxMessage } from '../messages.ts';
import type { Carrier, Receipts } from './emulator.ts';
import { whyNoReplyTo } from './replies.ts';
import { apiVersion, newResource, rfc2822, type MessageResource } from './twilio-message.ts';
import { callbackRequests, retriesOf } from './twilio-receipts.ts';

const maxListed = 1_000;

/** What is in the inbox for a number, the newest first, as an account that owns the number sees it. */
export function inboundTo({ inbox }: Carrier, account: string, to: string | null): readonly MessageResource[] {
  return to === null ? [] : inbox.list({ to, limit: maxListed }).map((message) => received(account, message));
}

/** One of them, by its sid and perhaps `.json`. */
export function inboundResource({ inbox }: Carrier, account: string, file: string): MessageResource | undefined {
  const sid = file.replace(/\.json$/, '');
  const message = inbox.list({ limit: maxListed }).find(({ id }) => sidOf(id) === sid);
  return message && received(account, message);
}

function received(account: string, { id, to, from, body, receivedAt }: InboxMessage): MessageResource {
  return inbound({ account, sid: sidOf(id), to, from, body, atMs: receivedAt.getTime() });
}

interface Inbound {
  readonly account: string;
  readonly sid: string;
  readonly to: string;
  readonly from: string;
  readonly body: string;
  readonly atMs: number;
}

function inbound({ account, sid, to, from, body, atMs }: Inbound): MessageResource {
  const message = { to, from, body, messagingServiceSid: null, statusCallback: null };
  return {
    ...newResource(account, message, atMs, sid),
    date_sent: rfc2822(atMs),
    direction: 'inbound',
    status: 'received',
  };
}

/** The same each time, and nobody else's. */
function sidOf(id: string): string {
  return `SM${createHash('sha256').update(id).digest('hex').slice(0, 32)}`;
}

export interface Reply {
  /** Where the number tells of what it receives. */
  readonly url: string | undefined;
  /** What it answers. */
  readonly sent: MessageResource;
  readonly body: string;
  /** Signs it. */
  readonly token: string;
  readonly nowMs: number;
  /** The reply is a message, too. */
  remember(resource: MessageResource): void;
}

/** Tells the number that sent a message of the person's reply; or why it cannot be told. */
export function replyTo({ url, sent, body, token, nowMs, remember }: Reply): readonly Receipts[] | string {
  const number = sent.from ?? '';
  const whyNot = whyNoReplyTo(number);
  if (whyNot !== null) return whyNot;
  if (url === undefined) {
    return `No SmsUrl is set for ${number}: POST one to IncomingPhoneNumbers, or make the emulator with an inboundUrl.`;
  }
  const sid = `SM${randomBytes(16).toString('hex')}`;
  const about = { account: sent.account_sid, sid, to: number, from: sent.to, body, atMs: nowMs };
  const request = callbackRequests(url, token);
  const make = (status: string): Request => {
    const resource = inbound(about);
    remember(resource);
    return request({
      ToCountry: '',
      ToState: '',
      SmsMessageSid: sid,
      NumMedia: '0',
      ToCity: '',
      FromZip: '',
      SmsSid: sid,
      FromState: '',
      SmsStatus: status,
      FromCity: '',
      Body: body,
      FromCountry: '',
      To: number,
      ...(sent.messaging_service_sid !== null && { MessagingServiceSid: sent.messaging_service_sid }),
      ToZip: '',
      NumSegments: resource.num_segments,
      MessageSid: sid,
      AccountSid: sent.account_sid,
      From: sent.to,
      ApiVersion: apiVersion,
    });
  };
  return [{ statuses: ['received'], ...retriesOf(url), make }];
}
