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
  connection,
  foundThreads,
  isAddressed,
  messages,
  query,
  showList,
  shownNumber,
  shownThread,
  threads,
  unread,
} from './state.ts';

/** The inbox: numbers on the one side, the phone of the one that is chosen on the other; on a narrow screen one after the other. */
export function InboxPage() {
  const count = messages.value?.length ?? 0;
  const waiting = unread.value.size;
  useEffect(() => {
    document.title = `${waiting > 0 ? `(${waiting}) ` : ''}Inbox · phoneproof`;
  }, [waiting]);
  return (
    <>
      <SiteHeader here="Inbox">
        <ConnectionState />
      </SiteHeader>
      <main class={isAddressed.value ? 'inbox thread-first' : 'inbox'}>
        <h1 class="visually-hidden">Inbox</h1>
        {count === 0 && !isAddressed.value ? messages.value !== null && <EmptyInbox /> : <Threads count={count} />}
      </main>
      <Announcer />
    </>
  );
}

function Threads({ count }: { count: number }) {
  const list = useRef<HTMLDivElement>(null);
  const leave = () => {
    showList();
    list.current?.querySelector('input')?.focus();
  };
  return (
    <>
      <div class="list-pane" ref={list}>
        <div class="list-head">
          <SearchField />
          <ClearButton count={count} label="Clear all" class="quiet-button" onCleared={leave}>
            Clear all
          </ClearButton>
        </div>
        <Counts count={count} />
        <NumberList />
      </div>
      <div class="phone-pane">
        <button type="button" class="quiet-button back" onClick={leave}>
          <Icon name="back" /> All numbers
        </button>
        <ShownPhone onCleared={leave} />
      </div>
    </>
  );
}

function Counts({ count }: { count: number }) {
  const numbers = threads.value.length;
  const found = foundThreads.value.reduce((sum, thread) => sum + thread.messages.length, 0);
  const searched = found === 0 ? 'No text matches' : `${found} of ${count} texts match`;
  const all = `${count} ${count === 1 ? 'text' : 'texts'} to ${numbers} ${numbers === 1 ? 'number' : 'numbers'}`;
  return (
    <p class="counts" role="status">
      {query.value.trim() === '' ? all : searched}
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
