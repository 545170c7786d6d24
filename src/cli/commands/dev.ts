import { Command } from 'commander';
import { readSettings } from '../../server/config/read-config.ts';
import { inspectLocal } from '../../server/config/safety.ts';
import type { CliContext } from '../context.ts';
import { addFlags } from '../flags.ts';
import { packageVersion } from '../../package-version.ts';

/** `phoneproof dev`: everything on this machine, nothing to configure. */
export function devCommand(context: CliContext): Command {
  const command = new Command('dev')
    .summary('run everything on this machine, nothing to configure')
    .description(
      'Runs the API, an inbox where codes arrive, and a demo page on one port. Nothing is sent to anyone, unless you name a provider that does.',
    )
    .addHelpText(
      'after',
      `
Examples:
  phoneproof dev
  phoneproof dev --port 8081
  PHONEPROOF_POLICY_MAX_SENDS=100 phoneproof dev

State is kept in .phoneproof/ of the working directory and outlives a restart; texts in the inbox do if --inbox-history names a file.
Listens on loopback only, asks for no key, and answers no other website: Host and Origin are checked.
Refuses to run where NODE_ENV is production: it shows codes.`,
    )
    .action(async (flags: Record<string, string | boolean | undefined>) => {
      const { env, cwd } = context;
      const { settings, warnings } = readSettings({ command: 'dev', flags, env, cwd }, (found) =>
        inspectLocal(found, env),
      );
      const { startDev } = await import('../../server/dev.ts');
      const { log, url, codes } = await startDev(settings, { cwd, warnings });
      if (settings.logFormat === 'json') log.info('listening', { url, inbox: `${url}/inbox`, docs: `${url}/docs` });
      else context.write(welcome(url, codes));
    });
  return addFlags(command, 'dev');
}

const whereCodesAre = {
  inbox: (url: string) => `Inbox   ${url}/inbox          codes arrive here`,
  printed: () => 'Codes   are printed here',
  sent: () => 'Codes   go to phones',
};

function welcome(url: string, codes: keyof typeof whereCodesAre): string {
  return `
phoneproof ${packageVersion()}, for development

  Demo    ${url}/
  ${whereCodesAre[codes](url)}
  API     ${url}/docs

  Try it:

  curl ${url}/v1/verifications \\
    -H 'content-type: application/json' \\
    -d '{"to": "(202) 555-0143", "country": "US"}'

  Ctrl-C ends it.

`;
}
