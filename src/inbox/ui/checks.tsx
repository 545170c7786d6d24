import { lintText } from '../lint.ts';
import type { InboxMessage } from './api.ts';
import { Icon } from './icon.tsx';

/** What phones, browsers and carriers make of a text: what is wrong first. */
export function Checks({ message: { body, code } }: { message: InboxMessage }) {
  const findings = lintText(body, code)
    // The meter has said so.
    .filter(({ ok, rule }) => !(ok && rule === 'length'))
    .toSorted((one, other) => Number(one.ok) - Number(other.ok));
  return (
    <ul class="checks">
      {findings.map(({ ok, rule, says }) => (
        <li key={rule} class={ok ? 'ok' : 'amiss'}>
          <Icon name={ok ? 'check' : 'warning'} />
          <span>
            <span class="visually-hidden">{ok ? 'Good: ' : 'Amiss: '}</span>
            {says}
          </span>
        </li>
      ))}
    </ul>
  );
}
