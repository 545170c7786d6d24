import { useEffect, useRef } from 'preact/hooks';
import { Announcer } from './announcer.tsx';
import { ClearButton } from './clear-button.tsx';
import { Compose } from './compose.tsx';
import { ConnectionState } from './connection-state.tsx';
import { Counts } from './counts.tsx';
import { Details } from './details.tsx';
import { EmptyInbox } from './empty-inbox.tsx';
import { FaultsPanel } from './faults-panel.tsx';
import { Icon } from './icon.tsx';
import { NumberList } from './number-list.tsx';
import { detailedText, openDetails, panel } from './panel.ts';
import { Phone } from './phone.tsx';
import { replies } from './replies.ts';
import { SearchField } from './search-field.tsx';
import { SiteHeader } from './site-header.tsx';
import {
  aloneNumber,
  connection,
  foundMessages,
  isAddressed,
  messages,
  query,
  search,
  showList,
  shownNumber,
  shownThread,
  threadAddress,
  threads,
  unread,
} from './state.ts';
import { Toolbar } from './toolbar.tsx';

/**
 * The inbox: numbers on the one side, the phone of the one that is chosen on the other, and beside it the details of a text or what goes wrong; on a
 * narrow screen one after the other.
 */
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
  const isKnown = messages.value !== null || connection.value === 'absent';
  const isEmpty = count === 0 && !isAddressed.value;
  const beside = isEmpty && panel.value === 'details' ? null : panel.value;
  return (
    <>
      <SiteHeader here="Inbox">
        <Toolbar />
        <ConnectionState />
      </SiteHeader>
      <main
        ref={main}
        tabIndex={-1}
        class={isAddressed.value ? 'inbox thread-first' : 'inbox'}
        data-panel={beside ?? undefined}
      >
        <h1 class="visually-hidden">Inbox</h1>
        {isEmpty ? isKnown && <EmptyInbox /> : <Threads count={count} onCleared={leaveCleared} />}
        {beside === 'details' && <Details />}
        {beside === 'faults' && <FaultsPanel />}
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
  const searching = search.value !== null;
  return (
    <>
      <div class="list-pane" ref={list}>
        <div class="list-head">
          <SearchField />
          <ClearButton
            {...(searching && { query: query.value.trim() })}
            count={searching ? foundMessages.value.length : count}
            label={searching ? 'Clear found' : 'Clear all'}
            class="quiet-button"
            onCleared={onCleared}
          >
            {searching ? 'Clear found' : 'Clear all'}
          </ClearButton>
        </div>
        <Counts />
        {/* Another search begins at its top. */}
        <NumberList key={query.value.trim()} />
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

function ShownPhone({ onCleared }: { onCleared: () => void }) {
  const to = shownNumber.value;
  const all = threads.value.find((thread) => thread.to === to)?.messages ?? [];
  const clearThread = to !== null && (
    <ClearButton
      to={to}
      count={all.length}
      label="Clear this thread"
      shortcut="Delete"
      class="icon-button"
      onCleared={onCleared}
    >
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
      empty={search.value === null ? 'The next text to this number lands here.' : 'No text matches the search.'}
      onDetails={openDetails}
      detailed={panel.value === 'details' ? detailedText.value?.id : undefined}
      replies={replies.value}
      foot={<Compose messages={all} />}
    />
  );
}
