/** A text taken apart for display; the parts in a row are the text again, but for line breaks before the WebOTP line. */
export interface MessageParts {
  before: string;
  /** The code as it is written in the text, perhaps `493-817`; empty where it is not found. */
  code: string;
  after: string;
  /** `@host #code`, read by browsers, not by people; empty where there is none. */
  webOtpLine: string;
}

/** Finds the code and the WebOTP line in a text. */
export function messageParts(body: string, code: string | null): MessageParts {
  const webOtpLine = /\n(@[a-zA-Z0-9.-]+ #[^#\s]+(?: @[a-zA-Z0-9.-]+)?)$/.exec(body)?.[1] ?? '';
  const words = webOtpLine === '' ? body : body.slice(0, -webOtpLine.length).trimEnd();
  const found =
    code !== null && /^[0-9A-Za-z]+$/.test(code) ? new RegExp(code.split('').join('[ -]?')).exec(words) : null;
  if (found === null) return { before: words, code: '', after: '', webOtpLine };
  const end = found.index + found[0].length;
  return { before: words.slice(0, found.index), code: found[0], after: words.slice(end), webOtpLine };
}
