import { createHmac, randomBytes } from 'node:crypto';
import type { Hono } from 'hono';
import type { Carrier, Receipts } from './emulator.ts';

/** What is told of messages, in the order in which it happens. */
const events = ['sms:sent', 'sms:delivered', 'sms:failed', 'sms:received'] as const;

type GatewayEvent = (typeof events)[number];

/** Where one kind of event is told to. */
export interface GatewayWebhook {
  readonly id: string;
  readonly url: string;
  readonly event: GatewayEvent;
}

/** Something that webhooks are told of. `payload` is made for each try, with its time. */
export interface Happened {
  readonly event: GatewayEvent;
  payload(at: string): object;
}

export const deviceId = 'emulated-device';
const maxWebhooks = 50;
/** Ten seconds, then twice as long each time, 14 times. */
const retryAfterMs = Array.from({ length: 14 }, (_, index) => 10_000 * 2 ** index);

/** Lets webhooks be registered as in the app, by `POST { id?, url, event }`, listed and deleted. What this returns lists them. */
export function takeGatewayWebhooks(app: Hono, paths: readonly string[]): () => readonly GatewayWebhook[] {
  const webhooks = new Map<string, GatewayWebhook>();
  for (const path of paths) {
    app.get(path, (c) => c.json([...webhooks.values()]));
    app.post(path, async (c) => {
      const webhook = readWebhook(await c.req.json().catch(() => null));
      if (typeof webhook === 'string') return c.json({ message: webhook }, 400);
      if (webhooks.size >= maxWebhooks) return c.json({ message: 'too many webhooks' }, 400);
      webhooks.set(webhook.id, webhook);
      return c.json(webhook, 201);
    });
    app.delete(`${path}/:id`, (c) => {
      webhooks.delete(c.req.param('id'));
      return c.body(null, 204);
    });
  }
  return () => [...webhooks.values()];
}

/** How webhooks are told what happened: those at one address one after the other, in its order; or a sentence that says that there are none. */
export function toldToWebhooks(
  { now }: Pick<Carrier, 'now'>,
  webhooks: readonly GatewayWebhook[],
  happened: readonly Happened[],
  signingKey: string,
): readonly Receipts[] | string {
  const receipts = [...new Set(webhooks.map((webhook) => webhook.url))].flatMap((url) => {
    const told = happened.flatMap(({ event, payload }) =>
      webhooks
        .filter((one) => one.url === url && one.event === event)
        .map(({ id }) => ({ payload, content: { deviceId, event, webhookId: id, id: newId() } })),
    );
    const requests = new Map(told.map((one) => [one.content.webhookId, one]));
    const make = (webhookId: string): Request | null => {
      const about = requests.get(webhookId);
      if (!about) return null;
      const body = JSON.stringify({ ...about.content, payload: about.payload(new Date(now()).toISOString()) });
      return signedRequest(url, body, signingKey, now());
    };
    const accepts = (status: number): boolean => status >= 200 && status < 300;
    return told.length > 0 ? [{ statuses: [...requests.keys()], retryAfterMs, accepts, make }] : [];
  });
  if (receipts.length > 0) return receipts;
  return `No webhook is registered for ${happened.map(({ event }) => event).join(' or ')}.`;
}

function signedRequest(url: string, body: string, signingKey: string, nowMs: number): Request {
  const seconds = String(Math.floor(nowMs / 1_000));
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'me.capcom.smsgateway',
    'x-signature': createHmac('sha256', signingKey).update(body).update(seconds).digest('hex'),
    'x-timestamp': seconds,
  };
  return new Request(url, { method: 'POST', headers, body });
}

export function newId(): string {
  return randomBytes(16).toString('base64url').slice(0, 21);
}

/** The webhook, or what is wrong with it. */
function readWebhook(body: unknown): GatewayWebhook | string {
  const { id, url, event } = (body ?? {}) as Readonly<Record<string, unknown>>;
  // The app calls https only, but for the phone itself.
  if (typeof url !== 'string' || !URL.canParse(url) || !/^https:|^http:\/\/127\.0\.0\.1[:/]/.test(new URL(url).href)) {
    return 'Invalid URL';
  }
  const known = events.find((one) => one === event);
  if (!known) return 'Unsupported event';
  return {
    id: typeof id === 'string' && id !== '' ? id : newId(),
    url,
    event: known,
  };
}
