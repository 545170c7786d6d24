import { Copyable } from './copyable.tsx';

/** What the inbox says before the first text: where texts come from, and a line that sends one. */
export function EmptyInbox() {
  const send = [
    `curl ${new URL('v1/verifications', location.href)} \\`,
    `  -H 'content-type: application/json' \\`,
    `  -d '{"to":"+12025550143"}'`,
  ].join('\n');
  return (
    <div class="empty-inbox">
      <h2>No texts yet</h2>
      <p>Every text that phoneproof sends in development lands here, on the phone of its number. Send the first:</p>
      <Copyable text={send} what="command" />
      <p>
        Or try the whole way in the <a href="./">demo</a>. This page shows texts as they arrive; leave it open.
      </p>
    </div>
  );
}
