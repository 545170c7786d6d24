import { signal } from '@preact/signals';
import { announce } from './announcer.tsx';
import type { InboxMessage } from './api.ts';
import { pageIsHidden } from './page-visibility.ts';
import { remembered } from './remembered.ts';
import { showNumber } from './state.ts';

const wanted = remembered<'on' | 'off'>('notifications', 'off');
const permission = signal<NotificationPermission | 'unsupported'>(
  'Notification' in globalThis ? Notification.permission : 'unsupported',
);

/** Whether arrivals are told outside the page. */
export function notificationsAreOn(): boolean {
  return wanted.value === 'on' && permission.value === 'granted';
}

/** Turns notifications on, asking for the permission where it is missing, or off. To be called from a click. */
export async function toggleNotifications(): Promise<void> {
  if (notificationsAreOn()) {
    wanted.value = 'off';
    announce('Notifications are off', { inView: true });
    return;
  }
  // Browsers have them on https and on this machine itself only.
  if (permission.peek() === 'unsupported' || !isSecureContext) {
    announce('This browser has no notifications for this page: open it on localhost or over https.', { inView: true });
    return;
  }
  permission.value = await Notification.requestPermission();
  if (permission.value !== 'granted') {
    announce("Notifications are blocked for this page: allow them in the browser's settings for it.", { inView: true });
    return;
  }
  wanted.value = 'on';
  announce('Notifications are on: texts that arrive while you are elsewhere are told', { inView: true });
}

/** Tells of texts that came while nobody sees the page. Newest first. */
export function notifyOf(fresh: readonly InboxMessage[]): void {
  const [newest] = fresh;
  if (newest === undefined || !pageIsHidden.peek() || !notificationsAreOn()) return;
  const { body, code, id, to } = newest;
  const others = fresh.length > 1 ? ` (and ${fresh.length - 1} more)` : '';
  const notification = new Notification(`${code === null ? 'Text' : `Code ${code}`} for ${to}${others}`, {
    body,
    tag: `phoneproof-${id}`,
  });
  notification.onclick = () => {
    focus();
    showNumber(to);
    notification.close();
  };
}
