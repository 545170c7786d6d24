import { Command } from 'commander';
import { readSettings } from '../../server/config/read-config.ts';
import { inspectServe } from '../../server/config/safety.ts';
import type { CliContext } from '../context.ts';
import { addFlags } from '../flags.ts';

/** `phoneproof serve`: the service, for production. */
export function serveCommand(context: CliContext): Command {
  const command = new Command('serve')
    .summary('run the service in production')
    .description('Runs the HTTP service. Refuses settings that are not safe, naming all of them at once.')
    .addHelpText(
      'after',
      `
Example:
  (umask 077 && openssl rand -base64 32 > secret && openssl rand -hex 32 > api-keys)
  phoneproof serve --secret-file secret --api-keys-file api-keys --store sqlite:./phoneproof.db \\
    --provider console --allow-unsafe provider --countries US,CA

That is a trial: the console shows codes instead of sending them, which --allow-unsafe provider says is meant.
SIGTERM: /readyz says 503, requests in flight are finished (15 s at most, or 5 s more than a send may take), then it exits. A second signal ends it at once.
What would it run with? phoneproof config print

Exit codes: 0 stopped, 2 wrong usage, 3 the store does not answer, 78 settings that are not fit.`,
    )
    .action(async (flags: Record<string, string | boolean | undefined>) => {
      const { env, cwd } = context;
      const { settings, warnings } = readSettings({ command: 'serve', flags, env, cwd }, inspectServe);
      const { serve } = await import('../../server/serve.ts');
      await serve(settings, warnings);
    });
  return addFlags(command, 'serve');
}
