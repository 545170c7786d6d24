import { Command } from 'commander';
import { namedProviders, toldByHand } from '../../server/config/provider-options.ts';
import { readSettings } from '../../server/config/read-config.ts';
import { inspectReceipts } from '../../server/config/safety.ts';
import type { CliContext } from '../context.ts';
import { exitCodes, type Finish } from '../exit-codes.ts';
import { addFlags } from '../flags.ts';

/** `phoneproof receipts`: where vendors tell what became of texts. */
export function receiptsCommand(context: CliContext, finish: Finish): Command {
  const command = new Command('receipts')
    .summary('print where vendors post delivery receipts')
    .description(
      'Prints the addresses at which the service takes delivery receipts. They are secrets: give them to the vendor and to nobody else. Connects to nothing.',
    )
    .addHelpText(
      'after',
      `
Example:
  PHONEPROOF_PUBLIC_URL=https://verify.example.com PHONEPROOF_PROVIDER=twilio,aws phoneproof receipts --secret-file secret

Run it with the settings of the service: the addresses are made of its secret.

Exit codes: 0 done, 2 wrong usage, 78 settings that are not fit.`,
    )
    .action(async (flags: Record<string, string | boolean | undefined>) => {
      const { env, cwd } = context;
      const { settings } = readSettings({ command: 'receipts', flags, env, cwd }, inspectReceipts);
      const { receiptAddresses } = await import('../../server/receipt-addresses.ts');
      const addresses = receiptAddresses(settings);
      for (const name of namedProviders(settings)) context.write(told(name, addresses.get(name), toldByHand[name]));
      finish(exitCodes.done);
    });
  return addFlags(command, 'receipts');
}

function told(name: string, address: string | undefined, byHand: string | undefined): string {
  if (address === undefined) return `${name}\n  tells no receipts, or not with these settings.\n\n`;
  const how =
    byHand === undefined ? 'Goes out with each text: nothing to do.' : `To be given to the vendor, once: ${byHand}.`;
  return `${name}\n  ${address}\n  ${how}\n\n`;
}
