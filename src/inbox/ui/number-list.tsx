import { messageParts } from './message-parts.ts';
import { RelativeTime } from './relative-time.tsx';
import { foundThreads, shownNumber, threadAddress, unread, type Thread } from './state.ts';

/** The numbers that have texts, the newest first. Arrow keys go from one to the next. */
export function NumberList() {
  return (
    <nav class="numbers" aria-label="Numbers">
      <ul onKeyDown={moveWithArrows}>
        {foundThreads.value.map((thread) => (
          <li key={thread.to}>
            <Row thread={thread} shown={thread.to === shownNumber.value} unread={unread.value.has(thread.to)} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Row({ thread: { to, latest }, shown, unread }: { thread: Thread; shown: boolean; unread: boolean }) {
  const { before, code, after } = messageParts(latest.body, latest.code);
  return (
    <a class="number-row" href={threadAddress(to)} aria-current={shown ? 'true' : undefined}>
      <span class="row-number">
        {to}
        {unread && <span class="unread">New</span>}
      </span>
      <RelativeTime at={latest.received_at} />
      <span class="row-words">
        {before}
        {code !== '' && <b class="row-code">{code}</b>}
        {after}
      </span>
    </a>
  );
}

function moveWithArrows(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const links = [...event.currentTarget.querySelectorAll('a')];
  const next = links[links.indexOf(document.activeElement as HTMLAnchorElement) + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
