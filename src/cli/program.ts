import { Command, CommanderError } from 'commander';
import { ConfigurationError, StoreError, SubjectKeyError } from '../errors.ts';
import { canaryCommand } from './commands/canary.ts';
import { checkCommand } from './commands/check.ts';
import { configCommand } from './commands/config.ts';
import { devCommand } from './commands/dev.ts';
import { e2eCommand } from './commands/e2e.ts';
import { inboxCommand } from './commands/inbox.ts';
import { messageCommand } from './commands/message.ts';
import { migrateCommand } from './commands/migrate.ts';
import { receiptsCommand } from './commands/receipts.ts';
import { sendCommand } from './commands/send.ts';
import { serveCommand } from './commands/serve.ts';
import type { CliContext } from './context.ts';
import { exitCodes, type Finish } from './exit-codes.ts';
import { UnreachableError } from '../end-to-end/service-call.ts';
import { usageError } from './usage-error.ts';
import { packageVersion } from '../package-version.ts';

/** Runs the command line and gives its exit code. Says on standard error what went wrong; throws only what is a fault of ours. */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  let exitCode: number = exitCodes.done;
  const program = createProgram(context, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    if (error instanceof UnreachableError) {
      context.writeError(`${error.message}\n`);
      return exitCodes.unreachable;
    }
    if (error instanceof ConfigurationError) {
      const list = error.faults.map((fault) => `  - ${fault}\n`).join('');
      context.writeError(`This cannot start:\n${list}`);
      return exitCodes.configuration;
    }
    if (error instanceof SubjectKeyError) {
      context.writeError(`${error.message} For this command: PHONEPROOF_ACCEPT_SUBJECT_KEY=true, once.\n`);
      return exitCodes.configuration;
    }
    if (error instanceof StoreError) {
      context.writeError(`The store does not answer: ${error.message}\n`);
      return exitCodes.unreachable;
    }
    throw error;
  }
}

function createProgram(context: CliContext, finish: Finish): Command {
  const program = new Command('phoneproof')
    .description(
      'Proves that people hold the phone numbers they type. API, local inbox and demo page: `phoneproof dev`.',
    )
    .version(packageVersion())
    .addHelpText(
      'after',
      `
Start here:
  phoneproof dev                                everything on this machine; codes arrive in an inbox, nothing is sent
  phoneproof send "(202) 555-0143" --country US     send a code to it
  phoneproof check +12025550143 <code>          check what arrived
  phoneproof e2e                                all of that by itself, with timings: the whole way works

Every command explains itself: phoneproof serve --help`,
    );
  const commands = [
    devCommand,
    serveCommand,
    inboxCommand,
    sendCommand,
    checkCommand,
    e2eCommand,
    canaryCommand,
    messageCommand,
    migrateCommand,
    receiptsCommand,
    configCommand,
  ];
  for (const make of commands) program.addCommand(make(context, finish));
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands: inner }) => inner)]) {
    command.exitOverride().configureOutput({
      writeOut: context.write,
      writeErr: context.writeError,
      outputError: (text, write) => write(usageError(text)),
    });
  }
  return program;
}
