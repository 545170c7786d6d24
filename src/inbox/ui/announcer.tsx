import { signal } from '@preact/signals';

/** How long words stay in view, in milliseconds. */
const shownForMs = 6_000;

const said = signal({ times: 0, words: '', inView: false });
let hiding: ReturnType<typeof setTimeout> | undefined;

/** Has a screen reader say the words when it has finished what it is saying; `inView` shows them to everybody. */
export function announce(words: string, { inView = false } = {}): void {
  said.value = { times: said.peek().times + 1, words, inView };
  clearTimeout(hiding);
  if (inView) hiding = setTimeout(() => (said.value = { ...said.peek(), inView: false }), shownForMs);
}

/** The place from which announcements are read. Stands once on a page. */
export function Announcer() {
  const { times, words, inView } = said.value;
  return (
    <div class={inView ? 'announced' : 'visually-hidden'} role="status">
      {/* A new element each time: the same words twice are said twice. */}
      <p key={times}>{words}</p>
    </div>
  );
}
