import { useState } from 'preact/hooks';
import { announce } from './announcer.tsx';
import type { InboxMessage } from './api.ts';
import { Icon } from './icon.tsx';
import { reply } from './replies.ts';

/** The field at the foot of a phone: writes back to whoever sent the newest text that takes replies. */
export function Compose({ messages }: { messages: readonly InboxMessage[] }) {
  const [body, setBody] = useState('');
  const [problem, setProblem] = useState('');
  const answered = messages.findLast(({ by_hand }) => by_hand.includes('reply'));
  const newest = messages.at(-1);
  if (newest === undefined) return null;
  const send = async (event: Event) => {
    event.preventDefault();
    if (answered === undefined || body.trim() === '') return;
    setProblem('');
    try {
      await reply(answered, body, newest.id);
      setBody('');
      announce(`Reply passed on to ${answered.from}`);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <form class="compose" onSubmit={send}>
      {problem !== '' && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <input
        aria-label={answered === undefined ? 'Reply' : `Reply to ${answered.from}`}
        aria-keyshortcuts="r"
        placeholder={answered === undefined ? 'No sender here takes replies' : `Reply to ${answered.from}`}
        title={
          answered === undefined
            ? 'No sender of these texts gave an address for replies, or the inbox was started anew since.'
            : undefined
        }
        disabled={answered === undefined}
        maxLength={1_600}
        autocomplete="off"
        value={body}
        onInput={(event) => setBody(event.currentTarget.value)}
      />
      <button
        type="submit"
        class="send"
        aria-label="Send reply"
        disabled={answered === undefined || body.trim() === ''}
      >
        <Icon name="send" />
      </button>
    </form>
  );
}
