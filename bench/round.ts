import type { Candidate, CandidateName } from './candidate.ts';
import { openConnections, postRequest } from './load.ts';

export interface RoundOptions {
  /** How many numbers are verified: each takes one start and one check. */
  numbers: number;
  connections: number;
}

/** What one round cost one candidate. */
export interface Round {
  name: CandidateName;
  /** CPU time of the candidate's process, all its threads. */
  startUs: number;
  checkUs: number;
  /** The mean of the two. */
  requestUs: number;
  requestsPerSecond: number;
}

const deadlineMs = 60_000;
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
export async function runRound(candidate: Candidate, { numbers: count, connections }: RoundOptions): Promise<Round> {
  const { name, url, key } = candidate;
  const numbers = newNumbers(count);
  const request = (path: string, body: object): string => postRequest({ url, path, key, body });

  const starts = numbers.map((to) => request('/v1/verifications', { to }));
  const started = await measure(candidate, { requests: starts, connections, status: 201 });

  const codes = codesIn(await candidate.ask('texts'));
  const checks = numbers.map((to) => request('/v1/verifications/check', { to, code: codes.get(to) }));
  const checked = await measure(candidate, { requests: checks, connections, status: 200 });

  return {
    name,
    startUs: started.cpuUs / count,
    checkUs: checked.cpuUs / count,
    requestUs: (started.cpuUs + checked.cpuUs) / (2 * count),
    requestsPerSecond: (2 * count) / (started.seconds + checked.seconds),
  };
}

async function measure(
  candidate: Candidate,
  { requests, connections: count, status }: { requests: readonly string[]; connections: number; status: number },
): Promise<{ cpuUs: number; seconds: number }> {
  const connections = await openConnections(candidate.url, count);
  try {
    const cpuBeforeUs = await candidate.ask('cpu');
    const startedAtMs = performance.now();
    const statuses = await connections.send(requests, AbortSignal.timeout(deadlineMs));
    const seconds = (performance.now() - startedAtMs) / 1_000;
    const cpuUs = (await candidate.ask('cpu')) - cpuBeforeUs;
    if (statuses.get(status) !== requests.length || statuses.size !== 1) {
      throw new Error(
        `${candidate.name} answered ${JSON.stringify([...statuses])}; expected was ${status}, ${requests.length} times.`,
      );
    }
    return { cpuUs, seconds };
  } finally {
    connections.close();
  }
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
