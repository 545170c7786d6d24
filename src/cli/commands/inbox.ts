import { Command } from 'commander';
import { readSettings } from '../../server/config/read-config.ts';
import { inspectLocal } from '../../server/config/safety.ts';
import type { CliContext } from '../context.ts';
import { addFlags } from '../flags.ts';

/** `phoneproof inbox`: the inbox alone, as the local stand-in for a carrier. */
export function inboxCommand(context: CliContext): Command {
  const command = new Command('inbox')
    .summary('run the inbox alone')
    .description(
      'Runs the inbox alone: the local stand-in for a carrier, and for the vendors that text phones and lend numbers. Texts are kept in memory, or in a file.',
    )
    .addHelpText(
      'after',
      `
Examples:
  phoneproof inbox --port 8025

  curl http://127.0.0.1:8025/inbox/api/messages -H 'content-type: application/json' \\
    -d '{"to": "+12025550143", "body": "493817 is your Acme code."}'
  curl "http://127.0.0.1:8025/inbox/api/wait?to=%2B12025550143"
  open http://127.0.0.1:8025/inbox

Keep texts over restarts, and only those of the last day:
  phoneproof inbox --inbox-history inbox.db --inbox-keep-hours 24

Open it on a phone in the same network, by the QR code of the page:
  PHONEPROOF_INBOX_PASSWORD=$(openssl rand -hex 12) phoneproof inbox --host 0.0.0.0

Take texts from other containers too, by the vendors' own calls:
  PHONEPROOF_INBOX_PASSWORD_FILE=/run/secrets/inbox phoneproof inbox --host 0.0.0.0 --inbox-emulators anyone

Without a password it listens on loopback only and answers no other website: Host and Origin are checked.
Refuses to run where NODE_ENV is production: it shows codes.`,
    )
    .action(async (flags: Record<string, string | boolean | undefined>) => {
      const { env, cwd } = context;
      const { settings, warnings } = readSettings({ command: 'inbox', flags, env, cwd }, (found) =>
        inspectLocal(found, env),
      );
      const { startInbox } = await import('../../server/inbox.ts');
      const { log, phoneUrls, url } = await startInbox(settings, warnings);
      log.info('listening', {
        inbox: `${url}/inbox`,
        ...(phoneUrls.length > 0 && { phone: phoneUrls.map((phoneUrl) => `${phoneUrl}/inbox`).join(' ') }),
        texts: settings.inboxHistory === undefined ? 'kept in memory' : `kept in ${settings.inboxHistory}`,
      });
    });
  return addFlags(command, 'inbox');
}
