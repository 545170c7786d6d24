import { randomBytes } from 'node:crypto';
import type { Hono } from 'hono';

/** What messages are told of. */
const events = ['sms:sent', 'sms:delivered', 'sms:failed'] as const;

/** Where one kind of event is told to. */
export interface GatewayWebhook {
  readonly id: string;
  readonly url: string;
  readonly event: (typeof events)[number];
}

const maxWebhooks = 50;

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
    id: typeof id === 'string' && id !== '' ? id : randomBytes(16).toString('base64url').slice(0, 21),
    url,
    event: known,
  };
}
