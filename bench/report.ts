import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem, type } from 'node:os';
import type { CandidateName } from './candidate.ts';
import { measuredFrom } from './parts.ts';
import type { Profile } from './profile.ts';
import type { Round } from './round.ts';

interface Manifest {
  version: string;
  dependencies: Record<string, string>;
}

const packages = ['hono', '@hono/node-server', 'zod', 'libphonenumber-js', 'pino', 'prom-client'];

/** What was measured and on what: figures mean nothing without it. */
export function circumstances(): string[] {
  const manifestOf = (path: string): Manifest =>
    JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Manifest;
  const versions = packages.map((name) => `${name} ${manifestOf(`../node_modules/${name}/package.json`).version}`);
  const load = loadavg().map((runnable) => runnable.toFixed(1));
  return [
    `phoneproof ${manifestOf('../package.json').version} from ${measuredFrom}/${measuredFrom === 'src' ? ', since dist/ is missing or older: npm run build' : ''}`,
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
  const cell = (some: readonly Round[], figure: Figure, digits = 0): string =>
    spread(
      some.map((round) => round[figure]),
      digits,
    );
  const row = (name: string, some: readonly Round[], ratio: (figure: Figure) => string): string =>
    `| ${store} | ${name} | ${cell(some, 'startUs')} | ${cell(some, 'checkUs')} | ${cell(some, 'requestUs')} | ${ratio('requestUs')} | ${cell(some, 'requestsPerSecond')} | ${ratio('requestsPerSecond')} |`;
  // Of the same round, so that what slows the machine down slows both.
  const ratio = (figure: Figure): string =>
    spread(
      phoneproof.map((round, i) => round[figure] / (reference[i]?.[figure] ?? Number.NaN)),
      2,
    );
  return [row('reference', reference, () => '1'), row('phoneproof', phoneproof, ratio)];
}

/** The heading of those rows. */
export const heading = [
  '| store | program | CPU µs per start | CPU µs per check | CPU µs per request | ratio | requests per second | ratio |',
  '| --- | --- | --- | --- | --- | --- | --- | --- |',
];

/** The median, with the least and the greatest. */
function spread(values: readonly number[], digits: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  const [least, middle, greatest] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)].map((value) =>
    value?.toFixed(digits),
  );
  return `${middle} (${least}-${greatest})`;
}

const functionsShown = 25;
const leastShown = 0.005;

/** Where a candidate's time goes: wall-clock samples, so that shares can be trusted and times cannot. */
export function profileLines({ owners, functions }: Profile): string[] {
  const lines = (shares: Profile['owners']): string[] =>
    shares
      .filter(([, share]) => share >= leastShown)
      .map(([what, share]) => `${(100 * share).toFixed(1).padStart(6)} %  ${what}`);
  return [
    'by package or module, with what Node does on its behalf:',
    ...lines(owners),
    `by function, without what it calls, the first ${functionsShown}:`,
    ...lines(functions.slice(0, functionsShown)),
  ];
}
