import { Copyable } from './copyable.tsx';
import { asCurl } from './curl.ts';
import { serviceIsThere } from './state.ts';

/** What the inbox says before the first text: where texts come from, and a line that sends one. */
export function EmptyInbox() {
  const to = '+12025550143';
  const command = serviceIsThere.value
    ? asCurl(new URL('v1/verifications', location.href).href, { to })
    : asCurl(new URL('inbox/api/messages', location.href).href, { to, body: '493817 is your code.' });
  return (
    <div class="empty-inbox">
      <h2>No texts yet</h2>
      <p>What would go to a phone lands here, on the phone of its number, as it arrives. Send the first:</p>
      <Copyable text={command} what="command" head="In a terminal" />
      {serviceIsThere.value && (
        <p>
          Or go the whole way, from a number to a verified one, in the <a href="./">demo</a>.
        </p>
      )}
    </div>
  );
}
