import { extractCode } from '../extract-code.ts';
import { smsLength, type SmsLength } from '../sms-length.ts';
import { bytesOf, retrieverBytes } from './domain-bound.ts';

/** Which wording of a language a text has: the richest that fits, in this order. `custom`: of the caller's own. */
export type TextForm = 'standard' | 'plain' | 'compact' | 'bare' | 'custom';

/** What machines read of a text: `@host #code` for browsers, the hash of an Android app, or both on one line. */
export type LastLine = 'web_otp' | 'app_hash' | 'web_otp_and_app_hash';

/** What a text is to be read by, beside people: a browser, or an Android app. */
export type TextHint = 'web' | 'android';

export interface Wording {
  readonly form: TextForm;
  /** With `{code}`, `{brand}` and `{minutes}`. */
  readonly template: string;
  readonly brand: string;
  /** Between the words and the last line. */
  readonly gap: '\n' | '\n\n';
}

/** What stands around the words. */
export interface Frame {
  readonly lastLine: LastLine | null;
  readonly origin: string;
  readonly appHash: string;
}

const codePlace = Symbol('code');
const minutesPlace = Symbol('minutes');
type Piece = string | typeof codePlace | typeof minutesPlace;

/** A text but for its code. */
export interface FittedText {
  readonly form: TextForm;
  readonly lastLine: LastLine | null;
  readonly length: SmsLength;
  /** `minutes`: for how long the code is good. */
  render(code: string, minutes: number): string;
}

/** Why no wording can be used. */
export interface Unfit {
  /** By how many characters the shortest is too long; 0: it is not, but phones would take something else in it for the code. */
  readonly over: number;
}

export interface FitOptions {
  readonly wordings: readonly Wording[];
  readonly frame: Frame;
  readonly codeLength: number;
  /** How many SMS it may take. */
  readonly segments: number;
  /** Whether the last line may go where nothing fits with it. */
  readonly lastLineMayGo: boolean;
}

/** Digits that no phone takes for a year. */
const sampleDigits = '4938175260';

/** A code to try texts with. */
export function sampleCode(codeLength: number): string {
  return sampleDigits.slice(0, codeLength);
}

const mostMinutes = 60;

/** The first wording that fits into so many SMS, and in which phones find the code. It is the same for every code of the length. */
export function fitText({ wordings, frame, codeLength, segments, lastLineMayGo }: FitOptions): FittedText | Unfit {
  const code = sampleCode(codeLength);
  const frames = frame.lastLine !== null && lastLineMayGo ? [frame, { ...frame, lastLine: null }] : [frame];
  let over = Number.POSITIVE_INFINITY;
  for (const { lastLine, origin, appHash } of frames) {
    for (const wording of wordings) {
      const pieces = piecesOf(wording, { lastLine, origin, appHash });
      const text = filled(pieces, code, mostMinutes);
      const excess = excessOf(text, lastLine, segments);
      if (excess <= 0 && extractCode(text) === code) {
        const { form } = wording;
        return {
          form,
          lastLine,
          length: smsLength(text),
          render: (given, minutes) => filled(pieces, given, minutes),
        };
      }
      over = Math.min(over, Math.max(0, excess));
    }
  }
  return { over };
}

/** How many characters a text is too long; 0 or less: none. */
function excessOf(text: string, lastLine: LastLine | null, segments: number): number {
  const length = smsLength(text);
  const [whole, part] = length.encoding === 'GSM-7' ? [160, 153] : [70, 67];
  const room = segments === 1 ? whole : segments * part;
  // Characters of two units at the end of a part can leave a unit of it empty.
  const excess = length.segments > segments ? Math.max(1, length.units - room) : 0;
  const forApp = lastLine !== null && lastLine !== 'web_otp';
  return forApp ? Math.max(excess, bytesOf(text) - retrieverBytes) : excess;
}

function piecesOf({ template, brand, gap }: Wording, { lastLine, origin, appHash }: Frame): readonly Piece[] {
  const pieces: Piece[] = [];
  if (lastLine !== null && lastLine !== 'web_otp') pieces.push('<#> ');
  for (const part of template.split(/(\{(?:code|brand|minutes)\})/)) {
    if (part === '{code}') pieces.push(codePlace);
    else if (part === '{minutes}') pieces.push(minutesPlace);
    else pieces.push(part === '{brand}' ? brand : part);
  }
  if (lastLine === 'web_otp') pieces.push(`${gap}@${origin} #`, codePlace);
  else if (lastLine === 'app_hash') pieces.push(`${gap}${appHash}`);
  else if (lastLine === 'web_otp_and_app_hash') pieces.push(`${gap}@${origin} #`, codePlace, ` ${appHash}`);
  return pieces;
}

function filled(pieces: readonly Piece[], code: string, minutes: number): string {
  let text = '';
  for (const piece of pieces) {
    text += piece === codePlace ? code : piece === minutesPlace ? minutes : piece;
  }
  return text;
}
