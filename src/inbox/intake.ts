import type { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import type { Inbox } from './messages.ts';
import { problemResponse } from './problem.ts';
import { wireMessage } from './wire.ts';

const maxBodyBytes = 16_384;

const newText = z.strictObject({
  to: z.string().regex(/^\+[1-9]\d{6,14}$/, 'must be a number in E.164, like +12025550143'),
  from: z.string().min(1).max(32).default('phoneproof'),
  body: z.string().min(1).max(1_600),
});

/** Takes texts from programs that would hand them to a carrier: `POST api/messages` with `{ to, from?, body }`, 201 with the message. */
export function takeTexts(app: Hono, inbox: Inbox): void {
  const tooLarge = bodyLimit({
    maxSize: maxBodyBytes,
    onError: (c) => problemResponse(c, { code: 'invalid_request', detail: `Send at most ${maxBodyBytes} bytes.` }),
  });
  app.post('/api/messages', tooLarge, async (c) => {
    const parsed = newText.safeParse(await c.req.json().catch(() => null));
    if (parsed.success) return c.json(wireMessage(inbox.add({ ...parsed.data, provider: 'http' })), 201);
    return problemResponse(c, {
      code: 'invalid_request',
      detail: 'Send { "to": "+12025550143", "body": "..." }, and "from" if it matters.',
      errors: parsed.error.issues.map(({ path, message }) => ({ pointer: `/${path.join('/')}`, detail: message })),
    });
  });
}
