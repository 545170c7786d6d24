import { Option as Flag, type Command } from 'commander';
import { defaultOf, options, type Option } from '../server/config.ts';
import type { CommandName } from '../server/config/option-row.ts';

/** Adds the flags of a command's options, as the option table says. */
export function addFlags(command: Command, name: CommandName): Command {
  for (const option of options.filter(({ commands }) => commands.includes(name))) {
    for (const flag of flagsOf(option, name)) command.addOption(flag);
  }
  return command.addOption(
    new Flag(
      '--config <path>',
      'JSON file with options (PHONEPROOF_CONFIG; phoneproof.config.json if it is there)',
    ).helpGroup('More:'),
  );
}

function flagsOf(option: Option, command: CommandName): Flag[] {
  const { description, env, flag, group, secret, type } = option;
  const standard = defaultOf(option, command);
  const required = option.required?.[command] ? 'required' : undefined;
  const note = [env, required ?? (standard === undefined ? undefined : `default ${standard}`)]
    .filter(Boolean)
    .join('; ');
  const value = type.placeholder === null ? '' : ` ${type.placeholder}`;
  const plain = new Flag(`${flag}${value}`, `${description} (${note})`).helpGroup(`${group}:`);
  const fromFile = new Flag(
    `${flag}-file <path>`,
    `${description} (${env}_FILE or ${env}; ${required ?? 'optional'})`,
  ).helpGroup(`${group}:`);
  if (!secret) return [plain];
  return option.alsoFlag ? [plain, fromFile] : [fromFile];
}
