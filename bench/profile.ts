import { Session, type Profiler } from 'node:inspector/promises';

/** Where time was spent, as shares of all that was not idle, the most first. */
export interface Profile {
  /** By npm package or module of phoneproof, each with what Node does on its behalf; `node` is what Node does of itself. */
  owners: [owner: string, share: number][];
  /** By function, without what it calls. */
  functions: [place: string, share: number][];
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

/** Ends what `startProfile` began. */
export async function stopProfile(): Promise<Profile> {
  if (!session) throw new Error('There is no profile to stop.');
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  session = undefined;
  return summaryOf(profile);
}

function summaryOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): Profile {
  const usByNode = new Map<number, number>();
  for (const [i, id] of samples.entries()) usByNode.set(id, (usByNode.get(id) ?? 0) + (timeDeltas[i] ?? 0));
  const owners = new Map<string, number>();
  const functions = new Map<string, number>();
  const callers = new Map<number, string>();
  let allUs = 0;
  // A caller stands before what it calls.
  for (const { id, callFrame, children = [] } of nodes) {
    const owner = ownerOf(callFrame) ?? callers.get(id) ?? 'node';
    for (const child of children) callers.set(child, owner);
    const us = usByNode.get(id);
    if (us === undefined || owner === 'idle' || owner === 'bench/profile.ts') continue;
    const place = placeOf(callFrame);
    owners.set(owner, (owners.get(owner) ?? 0) + us);
    functions.set(place, (functions.get(place) ?? 0) + us);
    allUs += us;
  }
  const shares = (times: Map<string, number>): [string, number][] =>
    [...times].map(([what, us]): [string, number] => [what, us / allUs]).toSorted(([, a], [, b]) => b - a);
  return { owners: shares(owners), functions: shares(functions) };
}

type Frame = Profiler.ProfileNode['callFrame'];

/** Whose code this is; undefined for Node's own, which works for its caller. */
function ownerOf({ functionName, url }: Frame): string | undefined {
  if (/^\((?:idle|garbage collector)\)$/.test(functionName)) return functionName.slice(1, -1);
  if (url === '' || url.startsWith('node:')) return undefined;
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? fileOf(url);
}

function placeOf({ functionName, url, lineNumber }: Frame): string {
  return `${functionName || '(anonymous)'} ${url && `${fileOf(url)}:${lineNumber + 1}`}`.trimEnd();
}

function fileOf(url: string): string {
  const installed = url.lastIndexOf('node_modules/');
  return installed < 0 ? url.replace(/^.*\/(?=(?:dist|src|bench)\/)/, '') : url.slice(installed);
}
