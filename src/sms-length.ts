/** How much room a text takes on its way to a phone (3GPP TS 23.038). */
export interface SmsLength {
  readonly encoding: 'GSM-7' | 'UCS-2';
  /** Septets, or units of 16 bits: what counts against `room`. Most characters take one. */
  readonly units: number;
  /** How many SMS, each charged for. */
  readonly segments: number;
  /** How many units fit in so many SMS: less in each of several, which have to say how they belong together. */
  readonly room: number;
}

const basic =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
const extended = '^{}\\[~]|€\f';
const septets = new Map([
  ...Array.from(basic, (character): [string, number] => [character, 1]),
  ...Array.from(extended, (character): [string, number] => [character, 2]),
]);

/** Whether a character is of the alphabet in which 160 fit into one SMS (GSM 7 bit, with its extension table). */
export function isGsm7(character: string): boolean {
  return septets.has(character);
}

/** Counts as phones do. Neither an escape sequence nor a surrogate pair is torn apart: what would be, begins the next SMS. */
export function smsLength(body: string): SmsLength {
  const characters = Array.from(body);
  const encoding = characters.every(isGsm7) ? 'GSM-7' : 'UCS-2';
  const [whole, part] = encoding === 'GSM-7' ? [160, 153] : [70, 67];
  const sizes = characters.map((character) =>
    encoding === 'GSM-7' ? (septets.get(character) ?? 1) : character.length,
  );
  const units = sizes.reduce((sum, size) => sum + size, 0);
  if (units <= whole) return { encoding, units, segments: 1, room: whole };
  let segments = 1;
  let taken = 0;
  for (const size of sizes) {
    if (taken + size > part) {
      segments += 1;
      taken = 0;
    }
    taken += size;
  }
  return { encoding, units, segments, room: segments * part };
}
