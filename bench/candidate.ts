import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { devNull } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Answers, Question } from './measured.ts';
import type { StoreHome } from './homes/home.ts';

/** What is compared: each in a process of its own. */
export const candidateNames = ['reference', 'phoneproof'] as const;
export type CandidateName = (typeof candidateNames)[number];

/** A candidate that listens. */
export interface Candidate {
  readonly name: CandidateName;
  /** Where its numbers are. */
  readonly home: StoreHome;
  readonly url: string;
  /** The API key it takes; the reference takes every key. */
  readonly key: string;
  ask<Q extends Question>(question: Q): Promise<Answers[Q]>;
  /** Ends its process. */
  stop(): Promise<void>;
}

const programs = { reference: 'reference.ts', phoneproof: 'service.ts' };
const patienceMs = 20_000;

/** So many that none ever refuses: what counting costs is a part of what is measured. */
const countless = '100000000';

/** The keys of all processes of one run, so that several can share a store. */
const secret = randomBytes(32).toString('base64');

/** Starts a candidate, in `folder`, where it finds no configuration but this. */
export async function startCandidate(
  name: CandidateName,
  { home, folder }: { home: StoreHome; folder: string },
): Promise<Candidate> {
  const key = randomBytes(32).toString('hex');
  const child = fork(fileURLToPath(new URL(programs[name], import.meta.url)), {
    cwd: folder,
    env: {
      PHONEPROOF_SECRET: secret,
      PHONEPROOF_API_KEYS: key,
      PHONEPROOF_STORE: home.address,
      PHONEPROOF_PROVIDER: 'console',
      PHONEPROOF_ALLOW_UNSAFE: 'provider,store',
      PHONEPROOF_COUNTRIES: 'US',
      PHONEPROOF_POLICY_MAX_SENDS_PER_COUNTRY: countless,
      PHONEPROOF_POLICY_MAX_SENDS_PER_TENANT: countless,
      PHONEPROOF_POLICY_MAX_SENDS_IN_ALL: countless,
      PHONEPROOF_PORT: '0',
      PHONEPROOF_METRICS_PORT: '0',
    },
    // The log is written, and nobody keeps it.
    stdio: ['ignore', openSync(devNull, 'w'), 'inherit', 'ipc'],
  });
  const gone = new AbortController();
  child.once('exit', () => gone.abort(new Error(`The ${name} has ended.`)));
  const hear = async (): Promise<unknown> => {
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(patienceMs)]);
    try {
      return ((await once(child, 'message', { signal })) as [unknown])[0];
    } catch {
      throw signal.reason;
    }
  };
  let url: string;
  try {
    url = String(await hear());
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {
    name,
    home,
    url,
    key,
    async ask<Q extends Question>(question: Q) {
      const heard = hear();
      child.send(question);
      return (await heard) as Answers[Q];
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      child.disconnect();
      await exited;
      clearTimeout(timer);
    },
  };
}
