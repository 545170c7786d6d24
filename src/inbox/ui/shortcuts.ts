import { closePanel, detailedText, openDetails, panel } from './panel.ts';
import { remembered } from './remembered.ts';
import { stepNumber, stepText } from './steps.ts';

/** Whether single keys do something: people who dictate turn it off (WCAG 2.2, 2.1.4). */
export const singleKeys = remembered<'on' | 'off'>('shortcuts', 'on');

interface Shortcut {
  keys: readonly string[];
  says: string;
  press(): void;
}

/** What single keys do, in the order of the help. */
export const shortcuts: readonly Shortcut[] = [
  { keys: ['j', 'ArrowDown'], says: 'Next number; in a thread, next text', press: () => step(1) },
  { keys: ['k', 'ArrowUp'], says: 'Previous number; in a thread, previous text', press: () => step(-1) },
  { keys: ['/'], says: 'Search', press: () => pressControl('/') },
  { keys: ['c'], says: 'Copy the newest code', press: copyNewestCode },
  { keys: ['d'], says: 'Details of the text', press: toggleDetails },
  { keys: ['r'], says: 'Reply as the person', press: () => pressControl('r') },
  { keys: ['Delete'], says: 'Clear the thread', press: () => pressControl('Delete') },
  { keys: ['f'], says: 'What goes wrong', press: () => pressControl('f') },
  { keys: ['n'], says: 'Notifications on or off', press: () => pressControl('n') },
  { keys: ['?'], says: 'This help', press: () => pressControl('?') },
];

/** Has keys do what they stand for, unless something is being typed or a dialog is open. Called once. */
export function listenForShortcuts(): void {
  addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector('dialog[open]') !== null) return;
    if (event.key === 'Escape') {
      if (panel.peek() !== null) closePanel();
      return;
    }
    const { target } = event;
    if (singleKeys.peek() === 'off' || (target instanceof Element && target.matches('input, textarea, select'))) return;
    const shortcut = shortcuts.find(({ keys }) => keys.includes(event.key));
    if (shortcut === undefined) return;
    // Where arrows scroll something they go on doing so.
    if (event.key.startsWith('Arrow') && target instanceof Element && target.closest('.panel') !== null) return;
    event.preventDefault();
    shortcut.press();
  });
}

/** Keys press what can be pressed with a pointer too: the control that names the key as its own. */
function pressControl(key: string): void {
  const control = document.querySelector<HTMLElement>(`[aria-keyshortcuts~="${key}"]:not(:disabled)`);
  if (control === null || !control.checkVisibility()) return;
  if (control instanceof HTMLInputElement) control.focus();
  else control.click();
}

function copyNewestCode(): void {
  [...document.querySelectorAll<HTMLElement>('.phone .code')].at(-1)?.click();
}

function toggleDetails(): void {
  if (panel.peek() === 'details') closePanel();
  else if (detailedText.peek() !== undefined) openDetails(detailedText.peek()!.id);
}

function step(by: 1 | -1): void {
  if (document.activeElement?.closest('.phone, .panel')) stepText(by);
  else stepNumber(by);
}
