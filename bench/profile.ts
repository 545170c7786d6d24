import { Session, type Profiler } from 'node:inspector/promises';

/** One function, and the CPU time spent in it and not in what it calls. */
export interface ProfiledFunction {
  name: string;
  /** Path and line; empty for what is not JavaScript. */
  place: string;
  /** An npm package, `phoneproof`, `node` (its own JavaScript), `native` (its C++, the system calls) or `garbage collection`. */
  owner: string;
  selfUs: number;
}

const samplingUs = 200;
let session: Session | undefined;

/** Begins to sample where this process spends its time. */
export async function startProfile(): Promise<null> {
  session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: samplingUs });
  await session.post('Profiler.start');
  return null;
}

/** Ends what `startProfile` began. Idle time is not told. */
export async function stopProfile(): Promise<ProfiledFunction[]> {
  if (!session) throw new Error('There is no profile to stop.');
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  session = undefined;
  return functionsOf(profile);
}

function functionsOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): ProfiledFunction[] {
  const usByNode = new Map<number, number>();
  for (const [i, id] of samples.entries()) usByNode.set(id, (usByNode.get(id) ?? 0) + (timeDeltas[i] ?? 0));
  const functions = new Map<string, ProfiledFunction>();
  for (const { id, callFrame } of nodes) {
    const { functionName, url, lineNumber } = callFrame;
    const owner = ownerOf(functionName, url);
    const us = usByNode.get(id);
    if (owner === null || us === undefined) continue;
    const name = functionName || '(anonymous)';
    const place = url && `${url.replace(/^.*\/(?=(?:dist|src|bench|node_modules)\/)/, '')}:${lineNumber + 1}`;
    const known = functions.get(name + place);
    if (known) known.selfUs += us;
    else functions.set(name + place, { name, place, owner, selfUs: us });
  }
  return [...functions.values()].toSorted((a, b) => b.selfUs - a.selfUs);
}

function ownerOf(functionName: string, url: string): string | null {
  if (functionName === '(idle)') return null;
  if (functionName === '(garbage collector)') return 'garbage collection';
  if (url === '') return 'native';
  if (url.startsWith('node:')) return 'node';
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? 'phoneproof';
}
