/** A value in a JSON text that has none inside it. */
export interface Leaf {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** The leaves of a JSON text; none where it is not JSON. */
export function leavesOf(json: string): Leaf[] {
  try {
    return leavesBelow(JSON.parse(json), []);
  } catch {
    return [];
  }
}

function leavesBelow(value: unknown, path: Leaf['path']): Leaf[] {
  if (typeof value !== 'object' || value === null) return [{ path, value }];
  return Object.entries(value).flatMap(([key, below]) => leavesBelow(below, [...path, key]));
}

/** The JSON text with other values at those leaves. */
export function withLeaves(json: string, leaves: readonly Leaf[], change: (value: unknown) => unknown): string {
  const isMeant = (path: Leaf['path']): boolean =>
    leaves.some((leaf) => leaf.path.length === path.length && leaf.path.every((key, at) => key === path[at]));
  const changed = (value: unknown, path: Leaf['path']): unknown => {
    if (isMeant(path)) return change(value);
    if (Array.isArray(value)) return value.map((below: unknown, at) => changed(below, [...path, String(at)]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, below]) => [key, changed(below, [...path, key])]));
  };
  return JSON.stringify(changed(JSON.parse(json), []));
}
