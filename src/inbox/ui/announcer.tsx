import { signal } from '@preact/signals';

/** How long words stay in view, in milliseconds. */
const inViewMs = 6_000;

const unsaid = { times: 0, words: '' };
const heard = signal(unsaid);
const seen = signal(unsaid);
let hiding: ReturnType<typeof setTimeout> | undefined;

/** Has a screen reader say the words when it has finished what it is saying; `inView` shows them to everybody for a while. */
export function announce(words: string, { inView = false } = {}): void {
  const place = inView ? seen : heard;
  place.value = { times: place.peek().times + 1, words };
  if (!inView) return;
  clearTimeout(hiding);
  hiding = setTimeout(() => (seen.value = unsaid), inViewMs);
}

/** The places from which announcements are read: what is only heard takes nothing out of view. Stands once on a page. */
export function Announcer() {
  return (
    <>
      <Place class="visually-hidden" {...heard.value} />
      <Place class="announced" {...seen.value} />
    </>
  );
}

function Place({ class: className, times, words }: { class: string; times: number; words: string }) {
  return (
    <div class={className} role="status">
      {/* A new element each time: the same words twice are said twice. */}
      {words !== '' && <p key={times}>{words}</p>}
    </div>
  );
}
