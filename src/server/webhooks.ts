import { randomUUID } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { bulkhead, ExponentialBackoff, handleWhenResult, retry } from 'cockatiel';
import { Webhook } from 'standardwebhooks';
import type { VerifierEvent } from '../events.ts';
import { fieldsOf } from './event-fields.ts';
import { isPublicHost, notPublicError, publicLookup } from './public-address.ts';
import { systemCode } from './system-code.ts';

/** Tells another program what happens. Best effort: what is not delivered is forgotten. */
export interface Webhooks {
  /** Takes an event to be posted, and returns at once. */
  event(event: VerifierEvent): void;
  /** Takes no more, waits for what is on its way at most `graceMs`, and gives up the rest. */
  close(options: { graceMs: number }): Promise<void>;
}

/** `delivered`: answered with 2xx. `given_up`: tried often enough. `dropped`: too many were waiting. `cut_off`: still on its way at the end. */
export type WebhookOutcome = 'delivered' | 'given_up' | 'dropped' | 'cut_off';

export interface WebhooksOptions {
  url: string;
  /** As Standard Webhooks has it: base64, after `whsec_` or alone. */
  secret: string;
  /** Also to addresses of this machine and its networks. */
  allowPrivate: boolean;
  /** Told what became of each. `why`: a status or a code of the system; empty where there is none. */
  onOutcome(outcome: WebhookOutcome, why: string): void;
  /** For tests: in place of what looks names up. */
  lookup?: LookupFunction;
  /** Before the first try that follows a failed one; each of the others waits about four times as long as the one before. */
  firstDelayMs?: number;
  /** How long an answer may take. */
  timeoutMs?: number;
  /** How many may be on their way or wait. */
  most?: number;
}

const retries = 4;
const longestDelayMs = 60_000;
const atOnce = 8;

/** Faults of the service's own work, which hold errors: the log tells of them. */
const notTold: ReadonlySet<VerifierEvent['type']> = new Set(['settle.failed', 'complete.failed']);

/** What came of one try. */
type Try = 'delivered' | 'again' | 'given_up';

/**
 * Posts events as Standard Webhooks has it (https://www.standardwebhooks.com): five tries, further and further apart, 10 seconds each, in no certain order. No redirect is
 * followed. Connects to public addresses alone, by the very address that was looked up, unless `allowPrivate`.
 */
export function createWebhooks({
  url: address,
  secret,
  allowPrivate,
  onOutcome,
  lookup = publicLookup(),
  firstDelayMs = 1_000,
  timeoutMs = 10_000,
  most = 1_000,
}: WebhooksOptions): Webhooks {
  const url = new URL(address);
  const signer = new Webhook(secret);
  const connection = { keepAlive: true, maxSockets: atOnce, ...(!allowPrivate && { lookup }) };
  const agent = url.protocol === 'https:' ? new HttpsAgent(connection) : new HttpAgent(connection);
  const places = bulkhead(atOnce, most);
  const tries = retry(
    handleWhenResult((came) => came === 'again'),
    {
      maxAttempts: retries,
      backoff: new ExponentialBackoff({ initialDelay: firstDelayMs, exponent: 4, maxDelay: longestDelayMs }),
    },
  ).dangerouslyUnref();
  const onTheirWay = new Set<Promise<void>>();
  const ending = new AbortController();
  let closed = false;

  async function deliver(id: string, body: string): Promise<void> {
    let why = '';
    const came = await tries.execute(async (): Promise<Try> => {
      if (ending.signal.aborted) return 'given_up';
      const answer = await places.execute(() => post(id, body)).catch((error: unknown) => systemCode(error));
      why = String(answer);
      if (typeof answer === 'number' && answer >= 200 && answer < 300) return 'delivered';
      // Gone: whoever is there wants no more of them.
      return answer === 410 ? 'given_up' : 'again';
    });
    if (ending.signal.aborted) return;
    onOutcome(came === 'delivered' ? 'delivered' : 'given_up', why);
  }

  /** Resolves with the status. The time and the signature are those of this try. */
  function post(id: string, body: string): Promise<number> {
    return new Promise((resolve, reject) => {
      if (!allowPrivate && !isPublicHost(url)) return reject(notPublicError());
      const at = new Date();
      const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
        method: 'POST',
        agent,
        signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ending.signal]),
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'user-agent': 'phoneproof',
          'webhook-id': id,
          'webhook-timestamp': Math.floor(at.getTime() / 1_000),
          'webhook-signature': signer.sign(id, at, body),
        },
      });
      request.on('error', reject);
      request.on('response', (response) => {
        // Nothing that it says besides is of use; and that it breaks off is no matter.
        response.on('error', () => {}).resume();
        resolve(response.statusCode ?? 0);
      });
      request.end(body);
    });
  }

  return {
    event(event) {
      if (closed || notTold.has(event.type)) return;
      if (onTheirWay.size >= most) return onOutcome('dropped', '');
      const told = { type: event.type, timestamp: new Date().toISOString(), data: Object.fromEntries(fieldsOf(event)) };
      const delivering = deliver(`evt_${randomUUID()}`, JSON.stringify(told)).finally(() =>
        onTheirWay.delete(delivering),
      );
      onTheirWay.add(delivering);
    },
    async close({ graceMs }) {
      closed = true;
      const waited = new AbortController();
      await Promise.race([
        Promise.all(onTheirWay).finally(() => waited.abort()),
        setTimeout(graceMs, undefined, { signal: waited.signal }).catch(() => {}),
      ]);
      const left = onTheirWay.size;
      ending.abort();
      agent.destroy();
      for (let i = 0; i < left; i++) onOutcome('cut_off', '');
    },
  };
}
