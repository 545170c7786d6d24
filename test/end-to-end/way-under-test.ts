import { createHttpHandler } from '../../src/http/app.ts';
import { createCostGuard } from '../../src/end-to-end/cost-guard.ts';
import type { EndToEndEvent } from '../../src/end-to-end/report.ts';
import { runEndToEnd, type EndToEndOptions } from '../../src/end-to-end/run.ts';
import { serviceVerifying } from '../../src/end-to-end/service-verifying.ts';
import { verifierVerifying } from '../../src/end-to-end/verifier-verifying.ts';
import type { Verifying } from '../../src/end-to-end/verifying.ts';
import { createInboxApp } from '../../src/inbox/app.ts';
import { createInbox, type Inbox } from '../../src/inbox/messages.ts';
import { StoreError } from '../../src/errors.ts';
import type { Policy } from '../../src/policy.ts';
import type { Message } from '../../src/providers/provider.ts';
import { listen, type HttpServer } from '../../src/server/http-server.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { virtualClock, type VirtualClock } from '../../src/testing/clock.ts';
import { createVerifier, type Verifier } from '../../src/verifier.ts';
import { inboxNumbers } from '../../src/virtual-numbers/inbox.ts';
import type { VirtualNumberProvider } from '../../src/virtual-numbers/virtual-number.ts';

const secret = 'b0fWm7Zl3cQyVtE9rXuK1sJh5dGa8pNo2iLkYzCxTvA=';
const key = 'k7Jx2mQv9LrT4wZs8NbY3cHf6DgPaVe1';

/** The whole way on this machine: a real inbox and a real service on loopback, with time that passes only where somebody waits for it. */
export interface Way {
  readonly clock: VirtualClock;
  readonly inbox: Inbox;
  readonly numbers: VirtualNumberProvider;
  readonly verifier: Verifier;
  readonly service: HttpServer;
  readonly overHttp: Verifying;
  readonly inProcess: Verifying;
  /** What the carrier does with a text; by default it delivers it at once. */
  carry: (message: Message) => void | Promise<void>;
  /** Whether the store of the verifier judges no code any more. */
  isStoreAway: boolean;
  /** Codes and numbers that went out. */
  readonly sent: Message[];
  readonly events: EndToEndEvent[];
  /** What was waited for, in milliseconds. */
  readonly waits: number[];
  /** Called when somebody has waited. */
  onWait: () => void;
  /** By default over HTTP, with a guard of its own. */
  run(options?: Partial<EndToEndOptions>): ReturnType<typeof runEndToEnd>;
  deliver(message: Pick<Message, 'to' | 'text'>): void;
  close(): Promise<void>;
}

export async function openWay(policy: Partial<Policy> = {}): Promise<Way> {
  const clock = virtualClock();
  const inbox = createInbox({ clock: clock.now });
  const onError = (error: unknown): never => {
    throw error;
  };
  const local = { host: '127.0.0.1', port: 0, howToMove: '', onError };
  const inboxServer = await listen({
    fetch: (request, env) => createInboxApp({ inbox }).fetch(request, env),
    ...local,
  });
  const store = memoryStore({ clock: clock.now });
  const verifier = createVerifier({
    secret,
    store: {
      ...store,
      check: (attempt) => (way.isStoreAway ? Promise.reject(new StoreError('away')) : store.check(attempt)),
    },
    policy,
    provider: {
      name: 'carrier',
      channels: ['sms'],
      async send(message) {
        way.sent.push(message);
        await way.carry(message);
        return { messageId: String(way.sent.length) };
      },
    },
  });
  const handler = createHttpHandler({ verifier, apiKeys: [key] });
  const service = await listen({ fetch: (request, env) => handler.fetch(request, env), ...local });
  const deliver: Way['deliver'] = ({ to, text }) =>
    void inbox.add({ to, from: 'Acme', body: text, provider: 'carrier' });
  const way: Way = {
    clock,
    inbox,
    numbers: inboxNumbers({ url: inboxServer.url, clock: clock.now }),
    verifier,
    service,
    overHttp: serviceVerifying({ url: service.url, apiKey: key }),
    inProcess: verifierVerifying({ verifier }),
    carry: deliver,
    isStoreAway: false,
    sent: [],
    events: [],
    waits: [],
    onWait: () => {},
    deliver,
    run: (options) =>
      runEndToEnd({
        numbers: way.numbers,
        verifying: way.overHttp,
        wanted: { country: 'US' },
        guard: createCostGuard({ maxRents: 10, clock: clock.now }),
        clock: clock.now,
        async wait(ms, signal) {
          signal.throwIfAborted();
          way.waits.push(ms);
          clock.advance(ms);
          way.onWait();
          signal.throwIfAborted();
        },
        chance: () => 0.5,
        on: (event) => void way.events.push(event),
        ...options,
      }),
    async close() {
      await service.close({ graceMs: 0 });
      await inboxServer.close({ graceMs: 0 });
    },
  };
  return way;
}

/** What happened, in a word each: `acquire`, `-acquire` for a step that failed. */
export function stepsOf(events: readonly EndToEndEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type === 'done') return [event.step];
    return event.type === 'failed' ? [`-${event.step}`] : [];
  });
}
