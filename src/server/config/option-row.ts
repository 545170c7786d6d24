import type { OptionType } from './option-types.ts';

/** The commands that read options. */
export type CommandName =
  'dev' | 'serve' | 'inbox' | 'send' | 'check' | 'migrate' | 'receipts' | 'e2e' | 'canary' | 'message';

/** One line of the table. Everything is given as text, also defaults: what reads a flag reads them too. */
export interface OptionRow {
  readonly type: OptionType<unknown>;
  /** Heading in help and docs. */
  readonly group: string;
  readonly description: string;
  readonly commands: readonly CommandName[];
  /** For all commands, or for those named. */
  readonly default?: string | { readonly [Command in CommandName]?: string };
  /** Commands that do not run without it, and what to do about that. */
  readonly required?: { readonly [Command in CommandName]?: string };
  /** Never shown. Read from a file too: `PHONEPROOF_<NAME>_FILE`, `--<name>-file`. Not a flag, which other people on the machine can see. */
  readonly secret?: true;
  /** A secret that may be a flag nevertheless. */
  readonly alsoFlag?: true;
  /** Holds a secret, which its type leaves out when it shows the rest. */
  readonly showsNoSecret?: true;
}
