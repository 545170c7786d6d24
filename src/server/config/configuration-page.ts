import { defaultOf, options, type Option } from '../config.ts';
import type { CommandName } from './option-row.ts';

const intro = `<!-- Made from the option table in src/server/config.ts: change it there, then run scripts/write-configuration-docs.ts. -->

# Configuration

Every option can be given in four ways. The first that gives it counts:

1. a flag: \`phoneproof serve --port 9000\`
2. an environment variable: \`PHONEPROOF_PORT=9000\`
3. the configuration file: \`{ "port": 9000 }\`
4. its default

\`phoneproof config print\` shows what a command would run with, where each value comes from, and everything that is wrong with it.
An empty variable counts as unset. A variable that starts with \`PHONEPROOF_\` and is none of these is named in a warning.

**Secrets** are never flags, which every process of a machine can see: give \`PHONEPROOF_SECRET\` itself or, better, the path of a file that holds
it, as \`PHONEPROOF_SECRET_FILE\` or \`--secret-file\`. Nothing prints or logs them.

**The file** is JSON. It is named by \`--config\` or \`PHONEPROOF_CONFIG\`; without either, \`phoneproof.config.json\` of the working directory is
read if it is there. Its keys are the flags' names in camel case; the policy's fields stand together, and so do each provider's options. A key that is no option is
an error.

\`\`\`json
{
  "store": "sqlite:/var/lib/phoneproof/phoneproof.db",
  "secretFile": "/run/secrets/phoneproof",
  "countries": ["US", "CA"],
  "provider": ["twilio", "vonage"],
  "twilio": { "accountSid": "AC…", "authTokenFile": "/run/secrets/twilio", "messagingServiceSid": "MG…" },
  "vonage": { "apiKey": "…", "apiSecretFile": "/run/secrets/vonage", "from": "Acme" },
  "policy": { "maxSends": 3, "lifetimeSeconds": 300 }
}
\`\`\`
`;

/** The docs page of all options, as it is committed in `docs/configuration.md`. */
export function configurationPage(): string {
  const groups = Map.groupBy(options, ({ group }) => group);
  const sections = [...groups].map(([group, members]) => {
    const rows = members.map((option) => [names(option), commandsOf(option), standard(option), option.description]);
    return `## ${group}\n\n${table(['Option', 'Commands', 'Default', 'Meaning'], rows)}`;
  });
  return [intro, ...sections].join('\n');
}

function names({ env, flag, secret, alsoFlag, type }: Option): string {
  const value = type.placeholder === null ? '' : ` ${type.placeholder}`;
  const all = secret
    ? [env, `${env}_FILE`, ...(alsoFlag ? [`${flag}${value}`] : []), `${flag}-file <path>`]
    : [env, `${flag}${value}`];
  return all.map(code).join('<br>');
}

function commandsOf({ commands }: Option): string {
  return commands.map(code).join(', ');
}

/** One default for all commands, or one for each, or what requires it. */
function standard(option: Option): string {
  const each = option.commands.map((command): [CommandName, string] => {
    const text = defaultOf(option, command);
    return [command, option.required?.[command] ? 'required' : text === undefined ? 'none' : code(text)];
  });
  const [first] = each;
  if (first && each.every(([, text]) => text === first[1])) return first[1];
  return each.map(([command, text]) => `${text} (${command})`).join(', ');
}

function code(text: string): string {
  return `\`${text}\``;
}

/** Columns of equal width, so that a formatter has nothing to change. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |\n`;
  const [first = [], ...others] = cells;
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...others.map(line)].join('');
}
