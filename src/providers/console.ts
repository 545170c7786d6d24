import type { Provider } from './provider.ts';

/**
 * Makes the provider that prints texts instead of sending them. It shows numbers and codes to whoever sees the output: for development only.
 * `write` takes whole lines, standard output when unset.
 */
export function consoleProvider({
  write = (line) => void process.stdout.write(line),
}: { write?: (line: string) => void } = {}): Provider {
  return {
    name: 'console',
    channels: ['sms'],
    async send({ to, text, reference }) {
      write(`SMS to ${to}\n${text.replace(/^/gm, '  ')}\n\n`);
      return { messageId: reference };
    },
  };
}
