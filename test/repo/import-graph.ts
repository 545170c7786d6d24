import { posix } from 'node:path';
import { Visitor, parseSync } from 'vite';

/** One module asking for another. `to` is a path from the root of the repository (`src/errors.ts`), a package or a `node:` module. */
export interface Import {
  from: string;
  to: string;
  /** Gone at run time. */
  typeOnly: boolean;
}

/** Every import of one module: static, dynamic, re-exported, and those inside types. Throws on a dynamic one whose target is not written out. */
export function importsOf(path: string, source: string): Import[] {
  const { program, errors } = parseSync(path, source);
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`);

  const imports: Import[] = [];
  const add = (specifier: string, typeOnly: boolean): void => {
    const to = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier;
    imports.push({ from: path, to, typeOnly });
  };
  new Visitor({
    ImportDeclaration({ source: { value }, importKind, specifiers }) {
      const named = specifiers.map((s) => (s.type === 'ImportSpecifier' ? s.importKind : 'value'));
      add(value, importKind === 'type' || (named.length > 0 && named.every((kind) => kind === 'type')));
    },
    ExportNamedDeclaration({ source: from, exportKind, specifiers }) {
      if (from) add(from.value, exportKind === 'type' || specifiers.every((s) => s.exportKind === 'type'));
    },
    ExportAllDeclaration({ source: { value }, exportKind }) {
      add(value, exportKind === 'type');
    },
    ImportExpression({ source: target }) {
      if (target.type !== 'Literal' || typeof target.value !== 'string') {
        throw new Error(`${path}: imports what is not written out`);
      }
      add(target.value, false);
    },
    TSImportType({ source: { value } }) {
      add(value, true);
    },
  }).visit(program);
  return imports;
}

/** The first circle of imports between modules, types included, as the paths along it; null where there is none. */
export function findCycle(imports: readonly Import[]): string[] | null {
  const next = Map.groupBy(imports, ({ from }) => from);
  const done = new Set<string>();
  const walk = (path: string, trail: readonly string[]): string[] | null => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return null;
    for (const { to } of next.get(path) ?? []) {
      const cycle = walk(to, [...trail, path]);
      if (cycle) return cycle;
    }
    done.add(path);
    return null;
  };
  for (const path of next.keys()) {
    const cycle = walk(path, []);
    if (cycle) return cycle;
  }
  return null;
}

/** Asking the system for the time or for chance, as `line: expression`. */
export function readsOfTimeOrChance(path: string, source: string): string[] {
  const reads: string[] = [];
  const add = ({ start, end }: { start: number; end: number }): void => {
    reads.push(`${path}:${source.slice(0, start).split('\n').length}: ${source.slice(start, end)}`);
  };
  new Visitor({
    CallExpression(node) {
      if (/^(?:Date\.now|Math\.random|Date)$/.test(source.slice(node.callee.start, node.callee.end))) add(node);
    },
    NewExpression(node) {
      if (source.slice(node.callee.start, node.callee.end) === 'Date' && node.arguments.length === 0) add(node);
    },
  }).visit(parseSync(path, source).program);
  return reads;
}
