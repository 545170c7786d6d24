import { useEffect, useRef } from 'preact/hooks';
import { costOfAll, spelledCost } from './cost.ts';
import { info } from './info.ts';
import { messageParts } from './message-parts.ts';
import { RelativeTime } from './relative-time.tsx';
import { foundThreads, shownNumber, threadAddress, unread, type Thread } from './state.ts';
import { wantedRow } from './steps.ts';
import { useWindowOfRows } from './window-of-rows.ts';

/** As in inbox.css. */
const rowHeight = 68;

/** The numbers that have texts, the newest first; of thousands only those in view are drawn. Arrow keys go from one to the next. */
export function NumberList() {
  const scroller = useRef<HTMLElement>(null);
  const threads = foundThreads.value;
  const { first, end } = useWindowOfRows(scroller, threads.length, rowHeight);
  const wanted = wantedRow.value;
  useEffect(() => {
    if (wanted === null) return;
    const at = foundThreads.peek().findIndex(({ to }) => to === wanted.to);
    const { clientHeight, scrollTop } = scroller.current!;
    // A pixel more, since heights are rounded.
    const least = (at + 1) * rowHeight - clientHeight + 1;
    scroller.current!.scrollTop = Math.max(least, Math.min(scrollTop, at * rowHeight));
  }, [wanted]);
  return (
    <nav class="numbers" aria-label="Numbers" ref={scroller}>
      <ul
        onKeyDown={moveWithArrows}
        style={{ paddingTop: `${first * rowHeight}px`, paddingBottom: `${(threads.length - end) * rowHeight}px` }}
      >
        {threads.slice(first, end).map((thread, index) => (
          <li key={thread.to} aria-setsize={threads.length} aria-posinset={first + index + 1}>
            <Row thread={thread} shown={thread.to === shownNumber.value} unread={unread.value.has(thread.to)} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Row({ thread: { to, latest, messages }, shown, unread }: { thread: Thread; shown: boolean; unread: boolean }) {
  const { before, code, after } = messageParts(latest.body, latest.code);
  return (
    <a class="number-row" href={threadAddress(to)} aria-current={shown ? 'true' : undefined}>
      <span class="row-number">
        {to}
        {unread && <span class="unread">New</span>}
        {latest.status === 'failed' && <span class="row-failed">failed</span>}
      </span>
      <RelativeTime at={latest.received_at} />
      <span class="row-words">
        {before}
        {code !== '' && <b class="row-code">{code}</b>}
        {after}
      </span>
      <Cost messages={messages} />
    </a>
  );
}

/** What the texts of a number take and cost: `3 seg · USD 0.15`. */
function Cost({ messages }: Pick<Thread, 'messages'>) {
  const prices = info.value?.prices ?? null;
  const cost = costOfAll(messages, prices);
  const segments = messages.reduce((sum, message) => sum + message.segments, 0);
  return (
    <span class="row-cost">
      {segments} <abbr title={segments === 1 ? 'segment' : 'segments'}>seg</abbr>
      {prices !== null && cost !== null && ` · ${spelledCost(cost, prices)}`}
    </span>
  );
}

function moveWithArrows(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined) return;
  const links = [...event.currentTarget.querySelectorAll('a')];
  const next = links[links.indexOf(document.activeElement as HTMLAnchorElement) + step];
  event.preventDefault();
  next?.focus();
}
