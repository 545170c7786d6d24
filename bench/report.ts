import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem, type } from 'node:os';
import { candidateNames, type CandidateName } from './candidate.ts';
import type { Comparison } from './compare.ts';
import { measuredFrom } from './parts.ts';
import type { Profile } from './profile.ts';
import type { Round } from './round.ts';

interface Manifest {
  version: string;
  dependencies: Record<string, string>;
}

const packages = ['hono', '@hono/node-server', 'zod', 'libphonenumber-js', 'pino', 'prom-client', 'ioredis', 'pg'];

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

/** The heading of `rowsOf`. */
export const heading = [
  '| store | program | CPU µs per start | CPU µs per check | CPU µs per request | ratio | requests per second | ratio |',
  '| --- | --- | --- | --- | --- | --- | --- | --- |',
];

/** The rounds of one store as rows of a table, medians with the least and the greatest in brackets. */
export function rowsOf({ store, rounds }: Comparison): string[] {
  return candidateNames.map((name) => {
    const { cell, ratio } = cellsOf(name, rounds);
    const cells = [
      cell('startUs'),
      cell('checkUs'),
      cell('requestUs'),
      ratio('requestUs'),
      cell('requestsPerSecond'),
      ratio('requestsPerSecond'),
    ];
    return tableRow([store, name, ...cells]);
  });
}

/** What else was seen, of all stores: the servers' part of the work, latencies at a moderate load, and what Redis ran. */
export function comparisonLines(comparisons: readonly Comparison[], perSecond: number): string[] {
  const lines = [
    '',
    `| store | program | store server's CPU µs per request | ratio | p50 ms at ${perSecond} requests/s | p99 ms | ratio |`,
    '| --- | --- | --- | --- | --- | --- | --- |',
  ];
  for (const { store, rounds, even } of comparisons) {
    for (const name of candidateNames) {
      const [fast, moderate] = [cellsOf(name, rounds), cellsOf(name, even)];
      const latencies = [moderate.cell('halfMs', 2), moderate.cell('mostMs', 2), moderate.ratio('mostMs')];
      lines.push(tableRow([store, name, fast.cell('serverUs'), fast.ratio('serverUs'), ...latencies]));
    }
  }
  lines.push('');
  for (const { store, server } of comparisons) if (server !== null) lines.push(`${store}: ${server}`);
  for (const { store, commands } of comparisons) {
    for (const [name, perRequest] of commands) lines.push(`${store}, ${name}, commands per request: ${perRequest}`);
  }
  return lines;
}

type Figure = Exclude<keyof Round, 'name'>;

interface Cells {
  cell(figure: Figure, digits?: number): string;
  /** To the reference's of the same round, so that what slows the machine down slows both. */
  ratio(figure: Figure): string;
}

function cellsOf(name: CandidateName, rounds: readonly Round[]): Cells {
  const of = (wanted: CandidateName): Round[] => rounds.filter((round) => round.name === wanted);
  const [own, reference] = [of(name), of('reference')];
  return {
    cell: (figure, digits = 0) =>
      spread(
        own.map((round) => round[figure]),
        digits,
      ),
    ratio(figure) {
      const ratios = own.map((round, i) => quotient(round[figure], reference[i]?.[figure]));
      return name === 'reference' && !ratios.includes(null) ? '1' : spread(ratios, 2);
    },
  };
}

function quotient(dividend: number | null, divisor: number | null | undefined): number | null {
  return dividend === null || !divisor ? null : dividend / divisor;
}

/** One row of a table. */
export function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** The median, with the least and the greatest; a dash where something was not measured. */
export function spread(values: readonly (number | null)[], digits: number): string {
  const sorted = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  if (sorted.length < values.length || sorted.length === 0) return '–';
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
