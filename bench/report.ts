import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem, type } from 'node:os';
import type { CandidateName } from './candidate.ts';
import { buildIsStale, measuredFrom } from './parts.ts';
import type { ProfiledFunction } from './profile.ts';
import type { Round } from './round.ts';

interface Manifest {
  version: string;
  dependencies: Record<string, string>;
}

const packages = ['hono', '@hono/node-server', 'zod', 'libphonenumber-js', 'pino', 'prom-client'];

/** What was measured and on what: figures mean nothing without it. */
export function circumstances(): string[] {
  const manifestOf = (path: string): Manifest => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Manifest;
  const versions = packages.map((name) => `${name} ${manifestOf(`../node_modules/${name}/package.json`).version}`);
  const load = loadavg().map((runnable) => runnable.toFixed(1));
  return [
    `phoneproof ${manifestOf('../package.json').version} from ${measuredFrom}/${buildIsStale ? ', WHICH IS OLDER THAN src/: run npm run build' : ''}`,
    `Node ${process.version}, SQLite ${process.versions['sqlite']}; ${versions.join(', ')}`,
    `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${process.arch}`,
    `load average of the machine before: ${load.join(', ')}`,
  ];
}

type Figure = Exclude<keyof Round, 'name'>;

/** The rounds of one store as rows of a table, medians with the least and the greatest in brackets. */
export function rowsOf(store: string, rounds: readonly Round[]): string[] {
  const of = (name: CandidateName): Round[] => rounds.filter((round) => round.name === name);
  const [reference, phoneproof] = [of('reference'), of('phoneproof')];
  const cell = (some: readonly Round[], figure: Figure, digits = 0): string => spread(some.map((round) => round[figure]), digits);
  const row = (name: string, some: readonly Round[], ratio: string): string =>
    `| ${store} | ${name} | ${cell(some, 'startUs')} | ${cell(some, 'checkUs')} | ${cell(some, 'requestUs')} | ${ratio} | ${cell(some, 'requestsPerSecond')} |`;
  // Of the same round, so that what slows the machine down slows both.
  const ratios = phoneproof.map((round, i) => round.requestUs / (reference[i]?.requestUs ?? Number.NaN));
  return [row('reference', reference, '1'), row('phoneproof', phoneproof, spread(ratios, 2))];
}

/** The heading of those rows. */
export const heading = [
  '| store | program | CPU µs per start | CPU µs per check | CPU µs per request | ratio | requests per second |',
  '| --- | --- | --- | --- | --- | --- | --- |',
];

function spread(values: readonly number[], digits: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  const [least, middle, greatest] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((value) => value?.toFixed(digits));
  return `${middle} (${least}-${greatest})`;
}

const functionsShown = 40;

/** Where the time goes, by owner and by function: microseconds per request. */
export function profileLines(functions: readonly ProfiledFunction[], requests: number): string[] {
  const owners = new Map<string, number>();
  for (const { owner, selfUs } of functions) owners.set(owner, (owners.get(owner) ?? 0) + selfUs);
  const each = (us: number): string => (us / requests).toFixed(1).padStart(6);
  return [
    'Self time by owner, µs per request:',
    ...[...owners].toSorted(([, a], [, b]) => b - a).map(([owner, us]) => `${each(us)}  ${owner}`),
    `The ${functionsShown} functions with the most:`,
    ...functions.slice(0, functionsShown).map(({ name, owner, place, selfUs }) => `${each(selfUs)}  ${name}  ${place || owner}`),
  ];
}
