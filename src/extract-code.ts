/** The last line of a domain-bound code (WICG SMS one-time codes), read leniently: also behind other words and with a port. */
const webOtpLine = /(?:^|\s)@[^\s#]+ #([0-9]{4,10})(?= |$)/;

/** Stems of the words for a code, in the languages of the texts; the Latin ones also without their accents. */
const codeWord =
  /\bc[oó]d(?:e|es|igo|ice|i|ul)\b|k[oó]d|kood|clave|passw|passcode|\bpin\b|\botp\b|(?<!\p{L})m[aã](?!\p{L})|msimbo|код|κωδικ|კოდ|קוד|رمز|كود|کد|کوڈ|कोड|কোড|குறியீடு|รหัส|码|碼|コード|番号|번호|코드/iu;
const afterCodeWord = new RegExp(`(?:${codeWord.source})\\p{L}*[^\\p{L}\\p{N}]{0,3}$`, 'iu');

const sentenceEnd = /(?<=[.!?।۔])\s+|[。！？\r\n]+/;
/** Digits in groups: a phone number, a date, a fraction. Or a code in two halves. */
const groups = /(?<!\d)\+?\(?\d{1,15}\)?(?:[ .-]\(?\d{1,15}\)?)+/g;
const halves = /^(\d{3})[ -](\d{3})$/;
/** What stands between blanks or letters of other alphabets. Signs of money belong to it. */
const word = /[!-~€£¥₹]+/g;
/** A word that is digits but for punctuation around it, and but for what may stand before a code: `G-493817`, `code:493817`, `[Example]493817`. */
const digitsOnly = /^[^\w+*$€£¥₹]*(?:[A-Za-z]+[\]:=)>]["'(]*|[A-Z]-)?(\d{4,10})[^\w%€£¥₹]*$/;

/**
 * Finds the code in a text as a phone does for its owner: 4 to 10 ASCII digits, without the hyphen or space in their middle. Null where there is
 * none. The WebOTP line is believed first; else what begins the text, what follows a word for code, what shares a sentence with one, or just
 * the first. Phone numbers, years, dates, amounts and addresses are no codes.
 */
export function extractCode(text: string): string | null {
  const bound = webOtpLine.exec(
    text
      .trimEnd()
      .split(/[\r\n]/)
      .at(-1) ?? '',
  )?.[1];
  if (bound !== undefined) return bound;
  const best = { code: null as string | null, likelihood: -1 };
  let isFirstWord = true;
  for (const sentence of text.split(sentenceEnd)) {
    const ungrouped = sentence.replace(groups, (found) => (halves.test(found) ? found.replace(halves, '$1$2') : '~'));
    const speaksOfCode = codeWord.test(ungrouped);
    for (const found of ungrouped.matchAll(word)) {
      const code = digitsOnly.exec(found[0])?.[1];
      if (code !== undefined) {
        const likelihood =
          (speaksOfCode ? 2 : 0) +
          (isFirstWord ? 3 : 0) +
          (afterCodeWord.test(ungrouped.slice(Math.max(0, found.index - 32), found.index)) ? 2 : 0) -
          (/^(?:19|20)\d\d$/.test(code) ? 1 : 0);
        // Nine or ten digits that nobody calls a code are a phone number, four that look like a year are one.
        const isOther = !speaksOfCode && /^(?:(?:19|20)\d\d|\d{9,})$/.test(code);
        if (!isOther && likelihood > best.likelihood) Object.assign(best, { code, likelihood });
      }
      isFirstWord = false;
    }
  }
  return best.code;
}
