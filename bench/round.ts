import type { Candidate, CandidateName } from './candidate.ts';
import { openConnections, postRequest, type Connections, type Statuses } from './load.ts';

export interface RoundOptions {
  /** How many numbers are verified: each takes one start and one check. */
  numbers: number;
  connections: number;
  /** Requests a second, evenly; unset: each connection sends the next as soon as it is answered. */
  perSecond?: number;
  /** Called when all are started and none is checked. */
  whenStarted?(): Promise<void>;
}

/** What one round cost one candidate. */
export interface Round {
  name: CandidateName;
  /** CPU time of the candidate's process, all its threads. */
  startUs: number;
  checkUs: number;
  /** The mean of the two. */
  requestUs: number;
  /** CPU time of the store's server, per request; null where there is none to be seen. */
  serverUs: number | null;
  requestsPerSecond: number;
  /** Within which half of the requests were answered, and 99 of 100; null unless they were sent evenly. */
  halfMs: number | null;
  mostMs: number | null;
}

const deadlineMs = 120_000;
const areaCodes = [202, 212, 312, 415, 617];
let used = 0;

/** Valid numbers of the United States, none given twice: the limits are the number's. Nothing is ever sent to them. */
function newNumbers(count: number): string[] {
  const numbers = Array.from({ length: count }, (_, i) => {
    const n = used + i;
    return `+1${areaCodes[n % areaCodes.length]}${2_000_000 + Math.floor(n / areaCodes.length)}`;
  });
  used += count;
  return numbers;
}

/** Verifies new numbers: all starts, then a check of each with the code that its text has. Throws unless every answer is the one it must be. */
export async function runRound(candidate: Candidate, options: RoundOptions): Promise<Round> {
  const { name, url, key } = candidate;
  const numbers = newNumbers(options.numbers);
  const request = (path: string, body: object): string => postRequest({ url, path, key, body });

  const starts = numbers.map((to) => request('/v1/verifications', { to }));
  const started = await measure(candidate, { ...options, requests: starts, status: 201 });

  await options.whenStarted?.();
  const codes = codesIn(await candidate.ask('texts'));
  const checks = numbers.map((to) => request('/v1/verifications/check', { to, code: codes.get(to) }));
  const checked = await measure(candidate, { ...options, requests: checks, status: 200 });

  const requests = 2 * options.numbers;
  const latenciesMs = [...started.latenciesMs, ...checked.latenciesMs].toSorted((a, b) => a - b);
  const within = (share: number): number | null => latenciesMs[Math.ceil(share * latenciesMs.length) - 1] ?? null;
  return {
    name,
    startUs: started.cpuUs / options.numbers,
    checkUs: checked.cpuUs / options.numbers,
    requestUs: (started.cpuUs + checked.cpuUs) / requests,
    serverUs:
      started.serverUs === null || checked.serverUs === null ? null : (started.serverUs + checked.serverUs) / requests,
    requestsPerSecond: requests / (started.seconds + checked.seconds),
    halfMs: within(0.5),
    mostMs: within(0.99),
  };
}

interface Measured {
  cpuUs: number;
  serverUs: number | null;
  seconds: number;
  latenciesMs: readonly number[];
}

async function measure(
  candidate: Candidate,
  { requests, status, ...options }: RoundOptions & { requests: readonly string[]; status: number },
): Promise<Measured> {
  const connections = await openConnections(candidate.url, options.connections);
  try {
    const serverBeforeUs = await candidate.home.cpuUs();
    const cpuBeforeUs = await candidate.ask('cpu');
    const startedAtMs = performance.now();
    const { statuses, latenciesMs } = await sendAll(connections, requests, options);
    const seconds = (performance.now() - startedAtMs) / 1_000;
    const cpuUs = (await candidate.ask('cpu')) - cpuBeforeUs;
    const serverAfterUs = await candidate.home.cpuUs();
    if (statuses.get(status) !== requests.length || statuses.size !== 1) {
      throw new Error(
        `${candidate.name} answered ${JSON.stringify([...statuses])}; expected was ${status}, ${requests.length} times.`,
      );
    }
    const serverUs = serverBeforeUs === null || serverAfterUs === null ? null : serverAfterUs - serverBeforeUs;
    return { cpuUs, serverUs, seconds, latenciesMs };
  } finally {
    connections.close();
  }
}

async function sendAll(
  connections: Connections,
  requests: readonly string[],
  { perSecond }: RoundOptions,
): Promise<{ statuses: Statuses; latenciesMs: readonly number[] }> {
  const signal = AbortSignal.timeout(deadlineMs);
  if (perSecond !== undefined) return connections.sendEvenly(requests, { perSecond, signal });
  return { statuses: await connections.send(requests, signal), latenciesMs: [] };
}

/** The code of each number, from what would have been sent. */
function codesIn(texts: readonly string[]): Map<string, string> {
  const codes = new Map<string, string>();
  for (const text of texts) {
    const [, to, code] = /^SMS to (\+\d+)\n +(\d+) /.exec(text) ?? [];
    if (to && code) codes.set(to, code);
  }
  return codes;
}
