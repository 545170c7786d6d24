import { randomBytes } from 'node:crypto';
import { createHttpHandler } from '../../src/http/index.ts';
import { createVerifier } from '../../src/index.ts';
import { storeChoice } from '../../src/server/config/backends.ts';
import { openStore } from '../../src/server/parts.ts';
import { recordingProvider } from '../../src/testing/recording-provider.ts';

/** One answer, and when. */
export interface Observation {
  call: 'start' | 'wrong check' | 'right check';
  status: number;
  code: string | undefined;
  retryAfter: string | null;
  startedAtMs: number;
  tookMs: number;
}

/** The service, whole but for its port: handler, verifier, and the store on the connections that `serve` makes. */
export interface ServiceUnderFault {
  /** Everything that was answered so far. */
  readonly seen: readonly Observation[];
  /** Texts that went out. */
  texts(): number;
  /** Starts that were answered as sent. */
  sent(): number;
  /** Calls the API, and notes what it answers. */
  ask(
    call: Observation['call'],
    path: string,
    body: object,
  ): Promise<{ status: number; answer: Record<string, unknown> }>;
  /** The code in the latest text to a number. */
  codeFor(to: string): string;
  /** A number that nobody has used. */
  newNumber(): string;
  /** A person each time: a number of its own, a code, a wrong check, the right one. Resolves with whether all went well. */
  person(): Promise<boolean>;
  /** Goes on with so many persons at once until told to stop. */
  crowd(size: number): { stop(): Promise<void> };
  /** Milliseconds until a person gets through again. Rejects when none does within `atMostMs`. */
  recovery(atMostMs: number): Promise<number>;
  close(): Promise<void>;
}

let numbers = 0;

/** A code that is wrong where this one is right. */
export function otherThan(code: string): string {
  return String((Number(code) + 1) % 1_000_000).padStart(6, '0');
}

/** Opens a service on the store of that address. */
export async function serviceUnderFault(address: string): Promise<ServiceUnderFault> {
  const reading = storeChoice.read(address);
  if (!('value' in reading)) throw new Error(reading.faults.join());
  const opened = await openStore(reading.value, { lost() {}, back() {} });
  await opened.migrate?.();
  const provider = recordingProvider();
  const verifier = createVerifier({
    secret: randomBytes(32),
    store: opened.store,
    provider,
    acceptSubjectKey: true,
    policy: { maxSendsPerCountry: null, maxSendsPerTenant: null, maxSendsInAll: null },
  });
  await verifier.ready();
  const handler = createHttpHandler({ verifier, authenticate: 'none', onError() {} });
  const seen: Observation[] = [];

  async function ask(call: Observation['call'], path: string, body: object) {
    const startedAtMs = performance.now();
    const response = await handler.fetch(
      new Request(`http://127.0.0.1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    );
    const answer = (await response.json()) as Record<string, unknown>;
    const { status } = response;
    const retryAfter = response.headers.get('retry-after');
    const code = typeof answer['code'] === 'string' ? answer['code'] : undefined;
    seen.push({ call, status, code, retryAfter, startedAtMs, tookMs: performance.now() - startedAtMs });
    return { status, answer };
  }

  function newNumber(): string {
    numbers += 1;
    return `+1212${2_000_000 + numbers}`;
  }

  function codeFor(to: string): string {
    return provider.messages.findLast((message) => message.to === to)?.code ?? '';
  }

  async function person(): Promise<boolean> {
    const to = newNumber();
    const started = await ask('start', '/v1/verifications', { to });
    if (started.status !== 201) return false;
    const { id } = started.answer;
    const code = codeFor(to);
    const wrong = await ask('wrong check', '/v1/verifications/check', { id, code: otherThan(code) });
    const right = await ask('right check', '/v1/verifications/check', { id, code });
    return wrong.status === 422 && right.status === 200;
  }

  return {
    seen,
    texts: () => provider.messages.length,
    sent: () => seen.filter(({ call, status }) => call === 'start' && (status === 200 || status === 201)).length,
    ask,
    codeFor,
    newNumber,
    person,
    crowd(size) {
      let over = false;
      const going = Array.from({ length: size }, async () => {
        while (!over) {
          await person();
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      });
      return {
        async stop() {
          over = true;
          await Promise.all(going);
        },
      };
    },
    async recovery(atMostMs) {
      const startedAtMs = performance.now();
      while (!(await person())) {
        if (performance.now() - startedAtMs > atMostMs) throw new Error(`nobody got through within ${atMostMs} ms`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return performance.now() - startedAtMs;
    },
    async close() {
      await verifier.idle();
      await opened.close();
    },
  };
}
