import { computed, effect, signal } from '@preact/signals';
import type { InboxMessage } from './api.ts';
import { remembered } from './remembered.ts';
import { foundMessages, shownNumber, shownThread } from './state.ts';

/** What stands beside the phone. */
export type Panel = 'details' | 'faults';

/** As in inbox.css: there is room for the list, the phone and a panel side by side. */
const wideScreen = matchMedia('(min-width: 1440px)');
/** Whether details stand beside the phone of a wide page by themselves: until the person closes them. */
const besidePhone = remembered<'open' | 'closed'>('details', 'open');

export const panel = signal<Panel | null>(wideScreen.matches && besidePhone.peek() === 'open' ? 'details' : null);
/** The text that was chosen; null: the newest of the number that is shown. */
const chosenId = signal<string | null>(null);
/** How often a person asked for a panel: each time it takes the focus. */
export const timesOpened = signal(0);
let openedFrom: Element | null = null;

/** The text whose details are shown; undefined: there is none. */
export const detailedText = computed((): InboxMessage | undefined => {
  const id = chosenId.value;
  const to = shownNumber.value;
  const chosen = id === null ? undefined : foundMessages.value.find((message) => message.id === id);
  return chosen?.to === to && chosen !== undefined ? chosen : shownThread.value?.latest;
});

// Another phone begins with its newest text.
effect(() => {
  void shownNumber.value;
  chosenId.value = null;
});

/** Shows the details of a text; of the newest one, unless it is named. */
export function openDetails(id: string | null = null): void {
  chosenId.value = id;
  open('details');
  if (wideScreen.matches) besidePhone.value = 'open';
}

/** Opens what goes wrong, or closes it. */
export function toggleFaults(): void {
  if (panel.peek() === 'faults') closePanel();
  else open('faults');
}

/** Goes on to another text without taking the focus. */
export function chooseText(id: string): void {
  chosenId.value = id;
}

/** Closes the panel; the focus goes back to where it was opened from. */
export function closePanel(): void {
  const wasDetails = panel.peek() === 'details';
  panel.value = null;
  if (wasDetails && wideScreen.matches) besidePhone.value = 'closed';
  // What opened it may have been hidden behind it: after the page is drawn without it, and before the next key.
  const back = openedFrom;
  openedFrom = null;
  queueMicrotask(() => {
    if (back instanceof HTMLElement && back.isConnected && back !== document.body) back.focus();
    else document.querySelector<HTMLElement>('main')?.focus();
  });
}

function open(which: Panel): void {
  if (panel.peek() === null) openedFrom = document.activeElement;
  panel.value = which;
  timesOpened.value += 1;
}
