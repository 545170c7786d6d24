import { Command } from 'commander';
import { readSettings } from '../../server/config/read-config.ts';
import type { CliContext } from '../context.ts';
import { exitCodes, type Finish } from '../exit-codes.ts';
import { addFlags } from '../flags.ts';
import { plain, reportProblem } from '../report.ts';
import { post } from '../service-client.ts';

/** No number is written so. */
const verificationId = /^v\d+[A-Za-z0-9_-]{20,}$/;

/** `phoneproof check <id-or-number> <code>`: asks a running service whether a code is right. */
export function checkCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('check')
    .summary('check a code')
    .description('Asks a running service whether a code is right. A right one counts once.')
    .argument('<id-or-number>', 'the id that `send` printed, or the number')
    .argument('<code>', 'the digits that arrived')
    .option('--country <country>', 'country of a number that is written without its code, like US')
    .option('--purpose <purpose>', 'what the code is for, as it was given to `send`')
    .option('--json', "print the service's answer as JSON")
    .addHelpText(
      'after',
      `
Examples:
  phoneproof check +12025550143 493817
  phoneproof check "(202) 555-0143" 493817 --country US --purpose sign-in
  phoneproof check v1Zk3mT9pQxWc7LhR2sYbV5dNfG8jKaE4uHtCqXoPz1iMq7wB0rSe6Uy 493817 && echo approved

Exit codes: 0 approved, 1 refused, 2 wrong usage, 3 no service answered.`,
    )
    .action(async (target: string, code: string, flags: Flags) => {
      const { settings } = readSettings({ command: 'check', flags, env: context.env, cwd: context.cwd });
      const { country, json, purpose } = flags;
      const whose = verificationId.test(target) ? { id: target } : { to: target, country, purpose };
      const answer = await post(settings, '/v1/verifications/check', { ...whose, code });
      if (json) context.write(`${JSON.stringify(answer.body)}\n`);
      if (answer.status >= 300) return finish(reportProblem(answer, context));
      if (!json) context.write(`Approved: ${plain(answer.body['to'])} is verified.\n`);
      finish(exitCodes.done);
    });
  return addFlags(command, 'check');
}

interface Flags extends Record<string, string | boolean | undefined> {
  country?: string;
  purpose?: string;
  json?: boolean;
}
