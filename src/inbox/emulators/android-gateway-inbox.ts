import type { Context } from 'hono';
import type { InboxMessage } from '../messages.ts';
import type { Happened } from './android-gateway-webhooks.ts';

type Received = Pick<InboxMessage, 'id' | 'to' | 'from' | 'body' | 'receivedAt'>;

/** What webhooks are told of a text that the phone received. */
export function received({ id, to, from, body, receivedAt }: Received): Happened {
  const payload = {
    messageId: `text:${id}`,
    message: body,
    phoneNumber: from,
    sender: from,
    recipient: to,
    simNumber: 1,
    receivedAt: receivedAt.toISOString(),
  };
  return { event: 'sms:received', payload: () => payload };
}

/** Answers `GET /inbox` as the app does: texts that the phone received, the newest first; `X-Total-Count` says how many there are. */
export function listReceived(c: Context, messages: readonly Received[]): Response {
  const { type, limit = '50', offset = '0', from, to } = c.req.query();
  const [fromMs, toMs] = [from === undefined ? 0 : Date.parse(from), to === undefined ? Infinity : Date.parse(to)];
  const wrong = {
    'Invalid type': type !== undefined && !['SMS', 'DATA_SMS', 'MMS', 'MMS_DOWNLOADED', ''].includes(type),
    'limit must be between 1 and 500': !/^\d+$/.test(limit) || Number(limit) < 1 || Number(limit) > 500,
    'offset must be >= 0': !/^\d+$/.test(offset),
    'Invalid from datetime': Number.isNaN(fromMs),
    'Invalid to datetime': Number.isNaN(toMs),
    'Start date cannot be after end date': fromMs > toMs,
  };
  const message = Object.entries(wrong).find(([, isWrong]) => isWrong)?.[0];
  if (message !== undefined) return c.json({ message }, 400);
  const meant = messages.filter(({ receivedAt }) => {
    const atMs = receivedAt.getTime();
    return (type || 'SMS') === 'SMS' && fromMs <= atMs && atMs <= toMs;
  });
  const page = meant.slice(Number(offset), Number(offset) + Number(limit));
  return c.json(page.map(listed), 200, { 'x-total-count': String(meant.length) });
}

function listed({ id, to, from, body, receivedAt }: Received) {
  return {
    id: `text:${id}`,
    type: 'SMS',
    sender: from,
    recipient: to,
    simNumber: 1,
    contentPreview: body,
    createdAt: receivedAt.toISOString(),
    attachments: [],
  };
}
