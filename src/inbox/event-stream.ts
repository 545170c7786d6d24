import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { InboxEvent } from './messages.ts';
import { wireMessage } from './wire.ts';

/** Proxies and browsers take streams that stay silent for longer for broken. */
const heartbeatMs = 15_000;
/** How soon a client that lost the stream comes back. */
const retryAfterMs = 1_000;

/**
 * Answers with server-sent events (HTML standard, section 9.2) until the client leaves or `signal` aborts. Each bears its cursor as its id, so that
 * a browser that comes back names the last one it saw in `Last-Event-ID`. `follow` begins at once and ends with the signal it is given.
 */
export function eventStream(
  c: Context,
  follow: (signal: AbortSignal) => AsyncIterable<InboxEvent>,
  signal: AbortSignal | undefined,
): Response {
  const left = new AbortController();
  const events = follow(signal ? AbortSignal.any([left.signal, signal]) : left.signal);
  return streamSSE(c, async (stream) => {
    stream.onAbort(() => left.abort());
    let unread = 0;
    const untilRead = async (writing: Promise<unknown>): Promise<void> => {
      unread += 1;
      await writing;
      unread -= 1;
    };
    // None for a client that does not read: they would pile up.
    const heartbeat = setInterval(() => {
      if (unread === 0) void untilRead(stream.write(': still here\n\n'));
    }, heartbeatMs);
    try {
      // At once, so that the client knows that it is connected. Browsers wait for three seconds by themselves.
      await untilRead(stream.write(`retry: ${retryAfterMs}\n\n`));
      for await (const event of events) {
        const data = JSON.stringify(wireEvent(event));
        await untilRead(stream.writeSSE({ event: event.type, id: event.cursor, data }));
      }
    } finally {
      clearInterval(heartbeat);
    }
  });
}

function wireEvent(event: InboxEvent): object {
  switch (event.type) {
    case 'message':
      return wireMessage(event.message);
    case 'cleared':
      return { to: event.to };
    case 'forgotten':
      return { through: event.through };
  }
}
