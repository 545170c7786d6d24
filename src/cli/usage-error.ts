import { options } from '../server/config.ts';

/** What looks like a command or an option's name: letters and dashes, and short. No secret that is worth its name does. */
const name = /^(?:--)?[A-Za-z][A-Za-z-]{0,40}$/;

/** What commander says of a wrong command line, without what was typed there unless it looks like a name: it may be a secret in the wrong place. */
export function usageError(said: string): string {
  return said
    .replace(/unknown option '([^]*?)(?:=[^]*)?'(?=\n)/, (_, flag: string) => unknownFlag(flag))
    .replace(/unknown command '([^]*)'(?=\n)/, (_, word: string) => `unknown command${quoted(word)}`)
    .replace(/(too many arguments[^]*? but got \d+): [^]*/, '$1.\n')
    .replace(/argument '[^]*' is invalid\./, 'argument is invalid.');
}

function unknownFlag(flag: string): string {
  const secret = options.find((option) => option.secret && option.flag === flag);
  if (!secret) return `unknown option${quoted(flag)}`;
  return `unknown option '${flag}': other people on this machine can see flags. Use ${flag}-file <path> or ${secret.env}`;
}

function quoted(word: string): string {
  return name.test(word) ? ` '${word}'` : '';
}
