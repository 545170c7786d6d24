import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A Lua script that acts on the server, in one piece that nothing else comes between. */
export interface Script {
  readonly name: string;
  readonly text: string;
  /** SHA-1 of the text, by which a server that has seen it knows it. */
  readonly sha: string;
}

const record = ['steady-time', 'times', 'record-format', 'record'];
const verifications = [...record, 'verifications'];
const limits = [...verifications, 'limits'];
const broadLimit = ['steady-time', 'times', 'broad-limit'];
const claim = ['steady-time', 'claim-record'];

/** What stands before each script, in this order. */
const sharedBy = {
  begin: [...limits, 'broad-limit'],
  check: limits,
  settle: verifications,
  cancel: [...verifications, 'end-on-word'],
  approve: [...verifications, 'end-on-word'],
  find: verifications,
  lookup: record,
  unlock: record,
  erase: record,
  charge: broadLimit,
  refund: broadLimit,
  claim,
  complete: claim,
  'bind-subject-key': [],
} satisfies Record<string, readonly string[]>;

export type ScriptName = keyof typeof sharedBy;

let scripts: Readonly<Record<ScriptName, Script>> | undefined;

/** A script of the store. They are read once, when the first of them is needed. */
export function scriptOf(name: ScriptName): Script {
  scripts ??= readScripts();
  return scripts[name];
}

function readScripts(): Readonly<Record<ScriptName, Script>> {
  const read = Object.entries(sharedBy).map(([name, shared]) => {
    const text = [...shared.map((file) => readLua(`preludes/${file}`)), readLua(name)].join('\n');
    return [name, { name, text, sha: createHash('sha1').update(text).digest('hex') }];
  });
  return Object.fromEntries(read) as Record<ScriptName, Script>;
}

function readLua(path: string): string {
  return readFileSync(new URL(`./scripts/${path}.lua`, import.meta.url), 'utf8');
}
