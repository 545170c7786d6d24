/** Zeros of the digits that phone keyboards type besides ASCII: Arabic, Persian, Devanagari, Bengali, full width. */
const zeros = [0x0660, 0x06f0, 0x0966, 0x09e6, 0xff10];

/** The code in what was typed or pasted: `123 456`, `123-456`, `Your code is 123456`. Digits alone come back as they are, however many. */
export function codeIn(typed: string): string {
  const ascii = typed.replace(/\p{Nd}/gu, (digit) => {
    const value = zeros.map((zero) => digit.codePointAt(0)! - zero).find((offset) => offset >= 0 && offset <= 9);
    return value === undefined ? digit : String(value);
  });
  const group = /[0-9](?:[ -]?[0-9]){3,9}/.exec(ascii);
  return (group?.[0] ?? ascii).replace(/[^0-9]/g, '').slice(0, 10);
}
