import { Command } from 'commander';
import { readSettings } from '../../server/config/read-config.ts';
import { inspectLocal } from '../../server/config/safety.ts';
import type { CliContext } from '../context.ts';
import { addFlags } from '../flags.ts';

/** `phoneproof inbox`: the inbox alone, as the local stand-in for a carrier. */
export function inboxCommand(context: CliContext): Command {
  const command = new Command('inbox')
    .summary('run the inbox alone')
    .description('Runs the inbox alone: the local stand-in for a carrier. Messages are kept in memory.')
    .addHelpText(
      'after',
      `
Examples:
  phoneproof inbox --port 8025

  curl http://127.0.0.1:8025/inbox/api/messages -H 'content-type: application/json' \\
    -d '{"to": "+12025550143", "body": "493817 is your Acme code."}'
  curl "http://127.0.0.1:8025/inbox/api/wait?to=%2B12025550143"
  open http://127.0.0.1:8025/inbox`,
    )
    .action(async (flags: Record<string, string | boolean | undefined>) => {
      const { env, cwd } = context;
      const { settings, warnings } = readSettings({ command: 'inbox', flags, env, cwd }, (found) =>
        inspectLocal(found, env),
      );
      const { startInbox } = await import('../../server/inbox.ts');
      const { log, url } = await startInbox(settings, warnings);
      log.info('listening', { inbox: `${url}/inbox` });
    });
  return addFlags(command, 'inbox');
}
