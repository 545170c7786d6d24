import { Command } from 'commander';
import { readSettings } from '../../server/config/read-config.ts';
import type { CliContext } from '../context.ts';
import { exitCodes, type Finish } from '../exit-codes.ts';
import { addFlags } from '../flags.ts';
import { plain, reportProblem } from '../report.ts';
import { post } from '../service-client.ts';

/** `phoneproof send <number>`: asks a running service to send a code. */
export function sendCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('send')
    .summary('send a code to a number')
    .description('Asks a running service to send a code to a number, or to send the pending one again.')
    .argument('<number>', 'as people write it')
    .option('--country <country>', 'country of a number that is written without its code, like US')
    .option('--purpose <purpose>', 'what the code is for, like sign-in')
    .option('--locale <locale>', 'language of the text, like en')
    .option('--json', "print the service's answer as JSON")
    .addHelpText(
      'after',
      `
Examples:
  phoneproof send "(202) 555-0143" --country US
  phoneproof send +12025550143 --purpose sign-in --json
  PHONEPROOF_URL=https://verify.example.com PHONEPROOF_API_KEY_FILE=key phoneproof send +12025550143

Exit codes: 0 sent, 1 refused, 2 wrong usage, 3 no service answered.`,
    )
    .action(async (to: string, flags: Flags) => {
      const { settings } = readSettings({ command: 'send', flags, env: context.env, cwd: context.cwd });
      const { country, json, locale, purpose } = flags;
      const answer = await post(settings, '/v1/verifications', { to, country, purpose, locale });
      if (json) context.write(`${JSON.stringify(answer.body)}\n`);
      if (answer.status >= 300) return finish(reportProblem(answer, context));
      const { checks_left: checksLeft, expires_at: expiresAt, id, notice, sends_left: sendsLeft } = answer.body;
      if (json) return finish(exitCodes.done);
      context.write(
        `${plain(notice)}\n\n` +
          `  id       ${plain(id)}\n` +
          `  until    ${plain(expiresAt)}\n` +
          `  checks   ${plain(checksLeft)} left\n` +
          `  sends    ${plain(sendsLeft)} left\n\n` +
          `Next: phoneproof check ${plain(id)} <code>\n`,
      );
      finish(exitCodes.done);
    });
  return addFlags(command, 'send');
}

interface Flags extends Record<string, string | boolean | undefined> {
  country?: string;
  purpose?: string;
  locale?: string;
  json?: boolean;
}
