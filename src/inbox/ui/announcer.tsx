import { signal } from '@preact/signals';

const said = signal({ times: 0, words: '' });

/** Has a screen reader say the words when it has finished what it is saying. */
export function announce(words: string): void {
  said.value = { times: said.peek().times + 1, words };
}

/** The place from which announcements are read. Stands once on a page. */
export function Announcer() {
  const { times, words } = said.value;
  return (
    <div class="visually-hidden" role="status">
      {/* A new element each time: the same words twice are said twice. */}
      <p key={times}>{words}</p>
    </div>
  );
}
