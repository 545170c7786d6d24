/** The last line of a domain-bound code (WICG SMS one-time codes), read leniently: also behind other words and with a port. */
const webOtpLine = /(?:^|\s)@[^\s#]+ #([0-9]{4,10})(?= |$)/;

/** What has digits and is no code; taken out of a text before it is searched. */
const decoys = [
  // Web and mail addresses.
  /https?:\/\/\S+|www\.\S+|\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}\/\S+|\S+@\S+\.[a-z]{2,}/gi,
  // Dates and times.
  /\b\d{4}([-/.])\d{1,2}\1\d{1,2}\b|\b\d{1,2}([-/.])\d{1,2}\2\d{4}\b|\b\d{1,2}:\d{2}(?::\d{2})?\b/g,
  // Phone numbers: international ones, and national ones by how they are grouped.
  /\+\d(?:[ ().-]{0,2}\d){6,14}/g,
  /(?:\b\d{1,2}[ .-])?\(\d{2,5}\) ?\d{2,4}(?:[ .-]?\d{2,4}){1,2}|\b(?:\d{1,2}[ .-])?\d{3}[ .-]\d{3}[ .-]\d{4}\b|\b0\d{1,4}(?:[ .-]\d{2,4}){2,4}\b/g,
  // Amounts, numbers with a fraction or groups, and the ends of card and account numbers.
  /[$€£¥₹]\s?\d[\d.,]*|\d[\d.,]*\s?[$€£¥₹]|\d+(?:[.,]\d+)+|[*•x#]+\s?\d+/gi,
];

/** Digits that stand alone or behind one capital letter and a hyphen, as one run or as two halves: `493817`, `G-493817`, `493-817`, `493 817`. */
const candidate = /(?<![A-Za-z0-9_+/=-]|\d[ ])(?:[A-Z]-)?([0-9]{4,10}|[0-9]{3}[- ][0-9]{3})(?![A-Za-z0-9_+/=-]|[ ]\d)/g;

/** Words for a code, or their stems, in the languages of the texts; the Latin ones also without their accents. */
const codeWord =
  /c[oó]d(?:e|es|igo|ice|i|ul)?\b|k[oó]d|kood|clave|pass(?:word|code)|\b(?:pin|otp|m[aã]|msimbo)\b|код|κωδικ|რ?კოდ|קוד|رمز|كود|کد|کوڈ|कोड|কোড|குறியீடு|รหัส|码|碼|コード|番号|번호|코드/iu;

/**
 * Finds the code in a text as a person's phone would: 4 to 10 ASCII digits, without the hyphen or space in their middle. Null where there is none.
 * The WebOTP line goes first; else a candidate beside a word for code, at the beginning, or just the first. Years, phone numbers, dates, amounts
 * and addresses are no codes.
 */
export function extractCode(text: string): string | null {
  const lines = text.trimEnd().split(/\r\n|\r|\n/);
  const bound = webOtpLine.exec(lines.at(-1) ?? '')?.[1];
  if (bound !== undefined) return bound;
  // As many blanks as there were characters, so that the places stay.
  const searched = decoys.reduce((rest, decoy) => rest.replace(decoy, (found) => ' '.repeat(found.length)), text);
  let best: { code: string; likelihood: number } | null = null;
  for (const found of searched.matchAll(candidate)) {
    const code = (found[1] ?? '').replace(/[- ]/, '');
    const before = searched.slice(Math.max(0, found.index - 24), found.index);
    const after = searched.slice(found.index + found[0].length, found.index + found[0].length + 32);
    const likelihood =
      (codeWord.test(before) || codeWord.test(after) ? 2 : 0) +
      (searched.slice(0, found.index).trim() === '' ? 1 : 0) -
      (/^(?:19|20)\d\d$/.test(code) ? 2 : 0);
    if (likelihood >= 0 && likelihood > (best?.likelihood ?? -1)) best = { code, likelihood };
  }
  return best?.code ?? null;
}
