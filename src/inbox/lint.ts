import { isGsm7, smsLength } from '../sms-length.ts';

/** What one rule says of a text. */
export interface LintFinding {
  /** Stable: `web-otp-line`. */
  readonly rule: string;
  readonly ok: boolean;
  /** A sentence: what is right, or what is wrong and what to do. */
  readonly says: string;
}

/**
 * Looks a text over for what phones, browsers and carriers do with it. `code`: as found in it (`extractCode`), null where there is none. Only rules that apply are in the answer: those
 * of the WebOTP line for texts that have one (or try to), those of Android's SMS Retriever for texts with the hash of an app.
 */
export function lintText(body: string, code: string | null): readonly LintFinding[] {
  return [
    ...codeRules(body, code),
    lengthRule(body),
    alphabetRule(body),
    ...webOtpRules(body),
    ...retrieverRules(body),
  ];
}

const finding = (rule: string, ok: boolean, right: string, wrong: string): LintFinding => ({
  rule,
  ok,
  says: ok ? right : wrong,
});

/** How much of a text a locked phone shows at least. */
const previewed = 40;

function codeRules(body: string, code: string | null): LintFinding[] {
  if (code === null) {
    return [
      {
        rule: 'code',
        ok: false,
        says: 'No code is found, so phones offer none to fill in. Write 4 to 10 digits, and call them a code.',
      },
    ];
  }
  const end = body.search(spelled(code)) + code.length;
  return [
    { rule: 'code', ok: true, says: `Phones find the code ${code}.` },
    finding(
      'code-first',
      end <= previewed,
      'The code shows in the preview of a locked phone.',
      `The code ends at character ${end}, too late for the preview of a locked phone. Begin with it: "${code} is your Example code."`,
    ),
    finding(
      'link',
      !/https?:\/\/|\bwww\./i.test(body),
      'There is no link, which carriers would take for phishing.',
      'There is a link: carriers filter codes with links as phishing. Leave it out.',
    ),
  ];
}

function lengthRule(body: string): LintFinding {
  const { encoding, units, segments, room } = smsLength(body);
  const most = encoding === 'GSM-7' ? 160 : 70;
  return finding(
    'length',
    segments === 1,
    `One SMS: ${units} of ${room} characters (${encoding}).`,
    `${segments} SMS, each of which costs: ${units} characters (${encoding}), and ${most} fit into one. Leave out ${units - most}.`,
  );
}

const signs: Readonly<Record<string, string>> = {
  '‘': "'",
  '’': "'",
  '‚': "'",
  '`': "'",
  '´': "'",
  '“': '"',
  '”': '"',
  '„': '"',
  '«': '"',
  '»': '"',
  '‐': '-',
  '‑': '-',
  '–': '-',
  '—': '-',
  '−': '-',
  '•': '*',
  '·': '.',
  '…': '...',
  '\t': ' ',
};

/** A character that is not of GSM-7, in letters that are; null: there is nothing near it. An empty text: it can go. */
function plainer(character: string): string | null {
  const sign = signs[character];
  if (sign !== undefined) return sign;
  if (/^\p{Zs}$/u.test(character)) return ' ';
  if (/^(?:\p{C}|\p{Extended_Pictographic}|\p{M})$/u.test(character)) return '';
  const base = character.normalize('NFKD').replace(/\p{M}/gu, '');
  return base !== '' && Array.from(base).every(isGsm7) ? base : null;
}

function alphabetRule(body: string): LintFinding {
  const rule = 'alphabet';
  const characters = Array.from(body);
  const foreign = [...new Set(characters.filter((character) => !isGsm7(character)))];
  const [first] = foreign;
  if (first === undefined) {
    return { rule, ok: true, says: 'Every character is of the SMS alphabet (GSM-7): 160 fit into one SMS.' };
  }
  const needed = foreign.find((character) => plainer(character) === null);
  if (needed !== undefined) {
    return {
      rule,
      ok: true,
      says: `${named(needed)} is not of the SMS alphabet (GSM-7), and nothing else stands for it: 70 characters fit into one SMS (UCS-2).`,
    };
  }
  const replaced = characters.map((character) => (isGsm7(character) ? character : plainer(character))).join('');
  const costs = smsLength(body).segments - smsLength(replaced).segments;
  const onlyLetters = foreign.every((character) => /^\p{L}$/u.test(character));
  const instead = plainer(first);
  const others = foreign.length > 1 ? `; ${foreign.length - 1} more like it` : '';
  return {
    rule,
    // Letters are how the language is written: worth a remark where they cost.
    ok: onlyLetters && costs <= 0,
    says:
      `${named(first)} is not of the SMS alphabet (GSM-7), so that 70 characters fit into one SMS in place of 160` +
      `${costs > 0 ? `, and the text takes ${costs} SMS more` : ''}. ` +
      `${instead === '' ? 'Leave it out' : `Write "${instead}" instead`}${others}.`,
  };
}

/** `"é" (U+00E9)`; of what nobody sees the number alone. */
function named(character: string): string {
  const number = `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
  return /^[\p{C}\p{Z}\p{M}]$/u.test(character) ? number : `"${character}" (${number})`;
}

/** A code as it may be written in a text, in halves too. */
function spelled(code: string): RegExp {
  return new RegExp(
    code
      .replace(/[^0-9A-Za-z]/g, '')
      .split('')
      .join('[ -]?'),
  );
}

/** What is meant to be a WebOTP line: also what browsers would not take for one. */
const attempt = /@\s*[^\s@]+\s+#\S+/;
/** What both the WICG draft and Chrome take, perhaps with an embedded host, or the hash of an Android app behind it. */
const webOtpLine = /^@(\S+) #([^#\s]+)(?: @\S+)?(?: [0-9A-Za-z+/]{11})?$/;

/** https://wicg.github.io/sms-one-time-codes/, as strict as the stricter of the draft and Chrome's parser. iOS and macOS read the same line. */
function webOtpRules(body: string): LintFinding[] {
  const lines = body.split(/\r\n|[\r\n]/);
  const at = lines.findLastIndex((line) => attempt.test(line));
  const line = lines[at];
  if (line === undefined) return [];
  const [, host = '', code = ''] = webOtpLine.exec(line) ?? [];
  const wrong = whatIsWrong(line, lines.slice(at + 1));
  if (wrong !== null) return [{ rule: 'web-otp-line', ok: false, says: wrong }];
  const isHost = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i.test(host);
  const words = lines.slice(0, at).join('\n');
  return [
    {
      rule: 'web-otp-line',
      ok: true,
      says: 'The last line binds the code to a website, as browsers read it (WebOTP).',
    },
    finding(
      'web-otp-host',
      isHost,
      `Browsers offer the code to https://${host}.`,
      'The host is not just a name: Chrome takes letters, digits, dots and dashes, without https://, port or path. Names in other letters go as xn--.',
    ),
    finding(
      'web-otp-code',
      /^[0-9A-Za-z]{4,10}$/.test(code) && spelled(code).test(words),
      'The code of the last line is the one that people read above it.',
      /^[0-9A-Za-z]{4,10}$/.test(code)
        ? 'The code of the last line does not stand in the text above it: people and browsers would type different codes.'
        : 'The code of the last line is not 4 to 10 letters and digits.',
    ),
    finding(
      'apple-autofill',
      isHost,
      `iPhones and Macs offer the code on ${host}, below it, and in its apps, and nowhere else.`,
      'iPhones and Macs bind the code to no website while the host is wrong, and may offer it nowhere.',
    ),
  ];
}

function whatIsWrong(line: string, after: readonly string[]): string | null {
  if (after.length > 0) {
    return after.join('').trim() === ''
      ? 'A line break follows the WebOTP line: it has to be the very end of the text.'
      : 'Something follows the WebOTP line: it has to be the last one.';
  }
  if (webOtpLine.test(line)) return null;
  if (!line.startsWith('@')) return 'Something stands before @ on the last line: the WebOTP line begins with it.';
  if (/\s$/.test(line)) return 'A blank follows the code on the last line: the WebOTP line ends with the code.';
  if (/ %\S+$/.test(line)) return 'The embedded host is written with %, as long ago: write @ in its place.';
  return 'The last line is not quite a WebOTP line: write @example.com #123456, with one blank and nothing behind it.';
}

const hash = /^[0-9A-Za-z+/]{11}$/;

/** https://developers.google.com/identity/sms-retriever/verify: the strict form, which old versions of Play services want too. */
function retrieverRules(body: string): LintFinding[] {
  const begins = /^(?:<#>|\u200b\u200b)/.test(body);
  const last = body.split(/\s/).at(-1) ?? '';
  // Words of eleven letters end texts too: a hash looks like none.
  if (!begins && !(hash.test(last) && /[0-9+/]|.[A-Z]/.test(last) && /\D/.test(last))) return [];
  const bytes = new TextEncoder().encode(body).length;
  return [
    finding(
      'sms-retriever-hash',
      hash.test(last),
      `The text ends with the hash of an Android app (${last}).`,
      'The text begins as one for an Android app, and does not end with the 11 characters of its hash: Android hands it to no app.',
    ),
    finding(
      'sms-retriever-size',
      bytes <= 140,
      `${bytes} of the 140 bytes that Android's SMS Retriever takes.`,
      `${bytes} bytes: Android's SMS Retriever takes at most 140. Leave out ${bytes - 140}.`,
    ),
    finding(
      'sms-retriever-start',
      body.startsWith('<#> '),
      'It begins with <#>, as older versions of Android want.',
      'Begin the text with "<#> ": older versions of Android look at no other. It costs no more than its characters.',
    ),
  ];
}
