import { findCycle, importsOf, readsOfTimeOrChance } from './import-graph.ts';
import type { Import } from './import-graph.ts';

export const ports = [
  'src/stores/store.ts',
  'src/stores/record.ts',
  'src/stores/record-json.ts',
  'src/stores/broad-limits.ts',
  'src/stores/claim.ts',
  'src/stores/steady-clock.ts',
  'src/hand-over.ts',
  'src/providers/provider.ts',
  'src/providers/exchange.ts',
  'src/providers/receipt-url.ts',
  'src/virtual-numbers/virtual-number.ts',
];

/** What pages may run: modules that need neither Node nor a browser. */
const sharedWithPages = ['src/inbox/search.ts', 'src/inbox/lint.ts', 'src/sms-length.ts'];

/** What each part may import beside itself. The ports count as core; `stores/*` and `providers/*` are a part each. */
const mayImport: Record<string, readonly string[]> = {
  core: [],
  stores: ['core'],
  providers: ['core'],
  'virtual-numbers': ['core'],
  'end-to-end': ['core', 'virtual-numbers'],
  testing: ['core', 'virtual-numbers'],
  http: ['core'],
  inbox: ['core'],
  demo: ['core'],
  server: ['core', 'stores', 'providers', 'virtual-numbers', 'end-to-end', 'http', 'inbox', 'demo'],
  cli: ['core', 'stores', 'providers', 'virtual-numbers', 'end-to-end', 'http', 'inbox', 'demo', 'server'],
};

/** Parts that every embedding app loads: they bring no package but this, into one module. */
const lean = ['core', 'stores', 'providers', 'virtual-numbers', 'end-to-end', 'testing'];
const packagesOfCore: Record<string, string> = { 'libphonenumber-js': 'src/phone-number.ts' };
/** Small ones, each for what one adapter needs it for. None of a vendor's. */
const packagesOfAdapters: Record<string, string> = {
  'providers/aws': 'aws4fetch',
  'providers/routing': 'cockatiel',
  'providers/vonage': 'sms-segments-calculator',
  'providers/webhook': 'standardwebhooks',
};

/** The core modules that an adapter may run, and not only name the types of. */
const runByAdapters = ['src/errors.ts', 'src/verification.ts', ...ports];

/** Every breach of the lines in architecture, as sentences. `sources`: the text of each module by its path. */
export function breaches(sources: ReadonlyMap<string, string>): string[] {
  const imports = [...sources].flatMap(([path, source]) => importsOf(path, source));
  const found = imports.flatMap((edge) => breachOf(edge) ?? []);
  const cycle = findCycle(imports);
  if (cycle) found.push(`a circle: ${cycle.join(' -> ')}`);
  for (const [path, source] of sources) {
    if (!lean.includes(partOf(path).kind)) continue;
    found.push(...readsOfTimeOrChance(path, source).map((read) => `${read} does not come in through the door`));
  }
  return found;
}

function breachOf({ from, to, typeOnly }: Import): string | null {
  const asking = partOf(from);
  if (!to.startsWith('src/')) return packageBreach(from, to);
  const asked = partOf(to);
  if (asking.ui) {
    const ok = asked.ui || sharedWithPages.includes(to) || (asked.name === asking.name && typeOnly);
    return ok ? null : `${from} is part of a page: it imports pages and types of its own part, not ${to}`;
  }
  if (asked.ui) return `${from} imports ${to}, which runs in a browser`;
  if (asked.name === asking.name) return null;
  if (!mayImport[asking.kind]?.includes(asked.kind))
    return `${asking.kind} may not import ${asked.kind}: ${from} -> ${to}`;
  const isAdapter = asking.kind === 'stores' || asking.kind === 'providers';
  if (isAdapter && !typeOnly && !runByAdapters.includes(to))
    return `an adapter takes types only from core: ${from} -> ${to}`;
  if (asking.kind === 'stores' && to === 'src/providers/provider.ts') return `a store knows no provider: ${from}`;
  if (asking.kind === 'providers' && to.startsWith('src/stores/')) return `a provider knows no store: ${from}`;
  return null;
}

function packageBreach(from: string, to: string): string | null {
  const { name: part, kind, ui } = partOf(from);
  if (to.startsWith('node:') && !ui) return null;
  const name = to.split('/', to.startsWith('@') ? 2 : 1).join('/');
  const only = packagesOfCore[name];
  if (only !== undefined) return from === only ? null : `only ${only} imports ${name}, not ${from}`;
  if (packagesOfAdapters[part] === name) return null;
  return lean.includes(kind) ? `${kind} imports no package: ${from} -> ${to}` : null;
}

/** Where a module belongs: its part (`http`, `stores/sqlite`), the kind of part, and whether it runs in a browser. */
function partOf(path: string): { name: string; kind: string; ui: boolean } {
  const [, folder = '', file = ''] = path.split('/');
  const ui = path.includes('/ui/');
  if (folder.endsWith('.ts') || folder === 'texts' || ports.includes(path)) return { name: 'core', kind: 'core', ui };
  if (folder === 'stores' || folder === 'providers') {
    return { name: `${folder}/${file.replace(/\.ts$/, '')}`, kind: folder, ui };
  }
  return { name: folder, kind: folder, ui };
}
