import { Command } from 'commander';
import { readSettings } from '../../server/read-config.ts';
import { inspectServe } from '../../server/safety.ts';
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
  export PHONEPROOF_SECRET_FILE=/run/secrets/phoneproof        openssl rand -base64 32
  export PHONEPROOF_API_KEYS_FILE=/run/secrets/phoneproof-keys   openssl rand -hex 32
  phoneproof serve --store sqlite:/var/lib/phoneproof/phoneproof.db --countries US,CA

SIGTERM: /readyz says 503, requests in flight are finished (10 s at most), then it exits. A second signal ends it at once.
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
