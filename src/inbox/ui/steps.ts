import { signal } from '@preact/signals';
import { chooseText, detailedText, panel } from './panel.ts';
import { foundThreads, showNumber, shownNumber, shownThread } from './state.ts';

/** The number whose row is to come into view; `times`: how often, so that the same one can be asked for again. */
export const wantedRow = signal<{ to: string; times: number } | null>(null);

/** Shows the number below the one that is shown, or above. */
export function stepNumber(by: 1 | -1): void {
  const threads = foundThreads.peek();
  const at = threads.findIndex(({ to }) => to === shownNumber.peek());
  const next = at < 0 ? threads[0] : threads[at + by];
  if (next === undefined) return;
  showNumber(next.to);
  wantedRow.value = { to: next.to, times: (wantedRow.peek()?.times ?? 0) + 1 };
}

/** Goes to the text below the one that has the focus or whose details are shown, or above. */
export function stepText(by: 1 | -1): void {
  const texts = shownThread.peek()?.messages ?? [];
  const focused = document.activeElement?.closest('[data-id]')?.getAttribute('data-id');
  const from = focused ?? (panel.peek() === 'details' ? detailedText.peek()?.id : undefined);
  const at = texts.findIndex(({ id }) => id === from);
  const next = at < 0 ? texts.at(-1) : texts[at + by];
  if (next === undefined) return;
  const control = document.querySelector<HTMLElement>(`[data-id="${CSS.escape(next.id)}"] .text-details`);
  if (panel.peek() === 'details') chooseText(next.id);
  if (document.activeElement?.closest('.phone')) control?.focus();
  else control?.scrollIntoView({ block: 'nearest' });
}
