import { useEffect, useRef } from 'preact/hooks';
import { Announcer } from './announcer.tsx';
import { ClearButton } from './clear-button.tsx';
import { ConnectionState } from './connection-state.tsx';
import { EmptyInbox } from './empty-inbox.tsx';
import { Icon } from './icon.tsx';
import { NumberList } from './number-list.tsx';
import { Phone } from './phone.tsx';
import { SearchField } from './search-field.tsx';
import { SiteHeader } from './site-header.tsx';
import {
  aloneNumber,
  connection,
  foundThreads,
  isAddressed,
  messages,
  query,
  showList,
  shownNumber,
  shownThread,
  threadAddress,
  threads,
  unread,
} from './state.ts';

/** The inbox: numbers on the one side, the phone of the one that is chosen on the other; on a narrow screen one after the other. */
export function InboxPage() {
  const count = messages.value?.length ?? 0;
  const waiting = unread.value.size;
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    document.title = `${waiting > 0 ? `(${waiting}) ` : ''}Inbox · phoneproof`;
  }, [waiting]);
  const leaveCleared = () => {
    showList();
    // What was cleared takes its buttons with it.
    main.current?.focus();
  };
  return (
    <>
      <SiteHeader here="Inbox">
        <ConnectionState />
      </SiteHeader>
      <main ref={main} tabIndex={-1} class={isAddressed.value ? 'inbox thread-first' : 'inbox'}>
        <h1 class="visually-hidden">Inbox</h1>
        {count === 0 && !isAddressed.value ? (
          messages.value !== null && <EmptyInbox />
        ) : (
          <Threads count={count} onCleared={leaveCleared} />
        )}
      </main>
      <Announcer />
    </>
  );
}

function Threads({ count, onCleared }: { count: number; onCleared: () => void }) {
  const list = useRef<HTMLDivElement>(null);
  const back = useRef<HTMLButtonElement>(null);
  const alone = aloneNumber.value;
  // On a narrow page the focus goes where the eyes go: into the thread, and back to its row.
  useEffect(() => {
    if (alone === null) return undefined;
    back.current?.focus();
    return () => list.current?.querySelector<HTMLElement>(`[href="${threadAddress(alone)}"]`)?.focus();
  }, [alone]);
  return (
    <>
      <div class="list-pane" ref={list}>
        <div class="list-head">
          <SearchField />
          <ClearButton count={count} label="Clear all" class="quiet-button" onCleared={onCleared}>
            Clear all
          </ClearButton>
        </div>
        <Counts count={count} />
        <NumberList />
      </div>
      <div class="phone-pane">
        <button ref={back} type="button" class="quiet-button back" onClick={showList}>
          <Icon name="back" /> All numbers
        </button>
        <ShownPhone onCleared={onCleared} />
      </div>
    </>
  );
}

function Counts({ count }: { count: number }) {
  const searching = query.value.trim() !== '';
  const numbers = threads.value.length;
  const found = foundThreads.value.reduce((sum, thread) => sum + thread.messages.length, 0);
  const searched = found === 0 ? 'No text matches' : `${found} of ${count} texts match`;
  const all = `${count} ${count === 1 ? 'text' : 'texts'} to ${numbers} ${numbers === 1 ? 'number' : 'numbers'}`;
  return (
    <p class="counts" role={searching ? 'status' : undefined}>
      {searching ? searched : all}
    </p>
  );
}

function ShownPhone({ onCleared }: { onCleared: () => void }) {
  const to = shownNumber.value;
  const all = threads.value.find((thread) => thread.to === to)?.messages.length ?? 0;
  const clearThread = to !== null && (
    <ClearButton to={to} count={all} label="Clear this thread" class="icon-button" onCleared={onCleared}>
      <Icon name="clear" />
    </ClearButton>
  );
  return (
    <Phone
      key={to}
      number={to}
      messages={shownThread.value?.messages ?? []}
      connected={connection.value === 'live'}
      codeAction="copy"
      controls={clearThread}
      empty={query.value.trim() === '' ? 'The next text to this number lands here.' : 'No text matches the search.'}
    />
  );
}
