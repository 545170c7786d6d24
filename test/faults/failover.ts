import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createHttpHandler, type HttpHandler } from '../../src/http/index.ts';
import { createInboxApp } from '../../src/inbox/app.ts';
import { createCarrier } from '../../src/inbox/emulators/carrier.ts';
import type { ScriptedFault } from '../../src/inbox/emulators/faults.ts';
import { vendorEmulators } from '../../src/inbox/emulators/index.ts';
import { createInbox, type InboxMessage } from '../../src/inbox/messages.ts';
import { createVerifier, type Provider, type Verifier } from '../../src/index.ts';
import { fallback } from '../../src/providers/routing/fallback.ts';
import { twilioProvider } from '../../src/providers/twilio.ts';
import { vonageProvider } from '../../src/providers/vonage.ts';
import { listen } from '../../src/server/http-server.ts';
import { memoryStore } from '../../src/stores/memory.ts';
import { freePort } from '../servers/free-port.ts';

/** How the first provider fails, three times in ten. */
export interface FaultKind {
  readonly name: string;
  readonly first: 'twilio' | 'vonage';
  readonly fault: ScriptedFault | 'no server';
}

/** What came of the people of one run. */
export interface FailoverRun {
  readonly kind: string;
  readonly withFailover: boolean;
  readonly people: number;
  readonly deliveredInTime: number;
  /** Without asking again. */
  readonly atFirstAsk: number;
  readonly approved: number;
  /** Of the people. */
  readonly texts: number;
  readonly withDuplicates: number;
  /** Texts that vendors took, and charge for. */
  readonly paid: number;
  /** What must never be: each a sentence. */
  readonly broken: readonly string[];
}

const share = 0.3;
/** How long a provider may take. */
const timeoutMs = 2_000;
/** How long a person waits for a text before asking again, and after being told to try again. */
const patienceMs = 1_500;
const againMs = 400;
/** From the first ask. */
const inTimeMs = 5_000;
const asks = 3;

const taken = new Set(['cut_after', 'dropped', 'undelivered', 'duplicate', 'late_receipts', 'early_receipts']);

/** Lets so many people prove their numbers, `atOnce` of them at a time, over real HTTP: to the emulators of two vendors, and their receipts back. */
export async function runFailover(
  { name: kind, first, fault }: FaultKind,
  { withFailover, people, atOnce }: { withFailover: boolean; people: number; atOnce: number },
): Promise<FailoverRun> {
  const ending = new AbortController();
  const inbox = createInbox({ maxMessages: 10 * people });
  const carrier = createCarrier({ inbox, signal: ending.signal });
  let paid = 0;
  const counting: typeof carrier = {
    ...carrier,
    async faultFor(vendor, to) {
      const found = await carrier.faultFor(vendor, to);
      if (found === null || taken.has(found.kind)) paid += 1;
      return found;
    },
  };
  const app = createInboxApp({ inbox, carrier: counting, emulators: vendorEmulators(), signal: ending.signal });
  const vendors = await serve((request, env) => app.fetch(request, env));
  const closedPort = await freePort();
  const api: { handler?: HttpHandler } = {};
  const service = await serve((request, env) => api.handler!.fetch(request, env));
  try {
    const one = providerOf(first, { url: vendors.url, closedPort }, fault);
    const other = providerOf(first === 'twilio' ? 'vonage' : 'twilio', { url: vendors.url, closedPort }, null);
    const verifier = createVerifier({
      secret: randomBytes(32),
      store: memoryStore(),
      provider: withFailover
        ? fallback([one, other], { timeoutMs, receiptSeconds: patienceMs / 2_000, breaker: { openSeconds: 1 } })
        : one,
      receiptsUrl: `${service.url}/v1/receipts`,
    });
    api.handler = createHttpHandler({ verifier, authenticate: 'none' });
    if (fault !== 'no server') carrier.faults.add({ vendor: first, probability: share, fault });

    const results: Person[] = [];
    let next = 0;
    await Promise.all(
      Array.from({ length: atOnce }, async (_, place) => {
        // Not all in one moment.
        await delay(place * 20);
        for (let n = next++; n < people; n = next++) results.push(await prove(verifier, inbox, numberOf(n)));
      }),
    );
    // What is late comes in.
    await delay(fault !== 'no server' && fault.kind === 'delay' ? fault.delayMs : 300);
    await verifier.idle();

    const textsOf = new Map<string, InboxMessage[]>();
    for (const text of inbox.list({ limit: 10 * people })) {
      textsOf.set(text.to, [...(textsOf.get(text.to) ?? []), text]);
    }
    const counts = results.map(({ to }) => textsOf.get(to)?.length ?? 0);
    return {
      kind,
      withFailover,
      people: results.length,
      deliveredInTime: results.filter(({ tookMs }) => tookMs !== null && tookMs <= inTimeMs).length,
      atFirstAsk: results.filter(({ tookMs, asked }) => tookMs !== null && asked === 1).length,
      approved: results.filter(({ approved }) => approved).length,
      texts: counts.reduce((sum, count) => sum + count, 0),
      withDuplicates: counts.filter((count) => count > 1).length,
      paid,
      broken: results.flatMap((person) => faultsOf(person, textsOf.get(person.to) ?? [])),
    };
  } finally {
    ending.abort();
    await service.close({ graceMs: 0 });
    await vendors.close({ graceMs: 0 });
  }
}

interface Person {
  readonly to: string;
  readonly asked: number;
  /** Until the first text; null: none came. */
  readonly tookMs: number | null;
  readonly approved: boolean;
  /** How many hand-overs are recorded just before the check. */
  readonly recorded: number;
}

/** Asks, waits, asks again, and types in what comes. */
async function prove(verifier: Verifier, inbox: ReturnType<typeof createInbox>, to: string): Promise<Person> {
  const beganAtMs = performance.now();
  let asked = 0;
  let text: InboxMessage | null = null;
  for (let ask = 0; ask < asks && text === null; ask += 1) {
    const left = inTimeMs - (performance.now() - beganAtMs);
    if (left <= 0) break;
    asked += 1;
    const isSent = await verifier.start({ to }).then(
      (started) => started.status === 'pending',
      () => false,
    );
    text = await inbox.wait({ to, timeoutMs: Math.min(left, isSent ? patienceMs : againMs) });
  }
  if (text === null) return { to, asked, tookMs: null, approved: false, recorded: 0 };
  const tookMs = performance.now() - beganAtMs;
  const found = await verifier.find({ to });
  const recorded = found.status === 'found' ? found.verification.deliveries.length : 0;
  const checked = await verifier.check({ to, code: text.code ?? '' });
  return { to, asked, tookMs, approved: checked.status === 'approved', recorded };
}

function faultsOf({ to, approved, tookMs, recorded }: Person, texts: readonly InboxMessage[]): string[] {
  const codes = new Set(texts.map(({ code }) => code));
  return [
    ...(codes.size > 1 ? [`${to} got two codes`] : []),
    ...(tookMs !== null && !approved ? [`${to} got a text, and its code was not approved`] : []),
    ...(tookMs !== null && recorded === 0 ? [`${to} got a text that nobody has a record of`] : []),
  ];
}

function providerOf(
  vendor: 'twilio' | 'vonage',
  { url, closedPort }: { url: string; closedPort: number },
  fault: FaultKind['fault'] | null,
): Provider {
  const at = (base: string): Provider =>
    vendor === 'twilio'
      ? twilioProvider({
          accountSid: `AC${'0'.repeat(32)}`,
          authToken: 'token',
          from: '+15005550006',
          baseUrl: base,
          timeoutMs,
        })
      : vonageProvider({ apiKey: 'abcd1234', apiSecret: 'secret', from: 'Acme', baseUrl: base, timeoutMs });
  const open = at(`${url}/${vendor}`);
  if (fault !== 'no server') return open;
  const closed = at(`http://127.0.0.1:${closedPort}`);
  return { ...open, send: (message, options) => (randomInt(100) < 100 * share ? closed : open).send(message, options) };
}

const numberOf = (n: number): string => `+1202555${String(n).padStart(4, '0')}`;

function serve(fetch: Parameters<typeof listen>[0]['fetch']) {
  return listen({ fetch, host: '127.0.0.1', port: 0, howToMove: 'another port', onError: () => {} });
}

/** Prints the rows as a table of Markdown. */
export function printFailover(runs: readonly FailoverRun[]): void {
  const percent = (count: number, all: number): string => `${((100 * count) / all).toFixed(1)} %`;
  const lines = runs.map(
    ({ kind, withFailover, people, deliveredInTime, atFirstAsk, texts, withDuplicates, paid }) =>
      `| ${kind} | ${withFailover ? 'two' : 'one'} | ${percent(deliveredInTime, people)} | ${percent(atFirstAsk, people)} | ${(texts / people).toFixed(2)} | ` +
      `${percent(withDuplicates, people)} | ${percent(paid - deliveredInTime, people)} |`,
  );
  const head = [
    '| three in ten messages | providers | delivered within 5 s | without asking again | texts per verification | more than one text | paid for nothing |',
    '| --- | --- | --- | --- | --- | --- | --- |',
  ];
  console.log([...head, ...lines].join('\n'));
}
