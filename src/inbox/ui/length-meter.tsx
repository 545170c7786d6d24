import { isGsm7, smsLength } from '../../sms-length.ts';

/** More than these are not drawn one by one. */
const mostBars = 8;

/** How many SMS a text takes, how full the last one is, and which characters make them shorter. */
export function LengthMeter({ body }: { body: string }) {
  const { encoding, room, segments, units } = smsLength(body);
  const perSegment = room / segments;
  const left = room - units;
  const foreign = [...new Set(body)].filter((character) => !isGsm7(character));
  const says = `${units} of ${room} characters, ${segments === 1 ? '1 segment' : `${segments} segments`}`;
  return (
    <>
      {segments <= mostBars && (
        <div class="meter" role="img" aria-label={says}>
          {Array.from({ length: segments }, (_, index) => (
            <span key={index}>
              <i style={{ width: `${index < segments - 1 ? 100 : 100 * (1 - left / perSegment)}%` }} />
            </span>
          ))}
        </div>
      )}
      <p class="meter-says">
        <b>{segments === 1 ? '1 segment' : `${segments} segments`}</b>, {encoding}: {units} of {room} characters used,{' '}
        {left} left{segments > 1 && ' in the last'}.
      </p>
      {foreign.length > 0 && (
        <p class="meter-says">
          Not in GSM-7, so that only {segments === 1 ? 70 : 67} fit into one:{' '}
          {foreign.slice(0, 12).map((character) => (
            <code key={character} class="character">
              {/^[\p{C}\p{Z}\p{M}]$/u.test(character) ? hexName(character) : character}
            </code>
          ))}
          {foreign.length > 12 && ` and ${foreign.length - 12} more`}
        </p>
      )}
    </>
  );
}

function hexName(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}
