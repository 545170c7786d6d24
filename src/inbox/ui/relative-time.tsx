import { signal } from '@preact/signals';

/** The present, to ten seconds: what is shown relative to it changes by itself. */
export const now = signal(Date.now());
setInterval(() => (now.value = Date.now()), 10_000);

const relative = new Intl.RelativeTimeFormat('en', { style: 'narrow', numeric: 'always' });
const exact = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' });

/** How long ago something was, kept up to date; the exact time on hovering. */
export function RelativeTime({ at }: { at: string }) {
  const time = Date.parse(at);
  return (
    <time dateTime={at} title={exact.format(time)}>
      {timeAgo(time, now.value)}
    </time>
  );
}

/** "just now", "4m ago", "2h ago", and from a day on the date. Times in milliseconds. */
function timeAgo(time: number, present: number): string {
  const minutes = Math.floor((present - time) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return relative.format(-minutes, 'minute');
  if (minutes < 24 * 60) return relative.format(-Math.floor(minutes / 60), 'hour');
  return day.format(time);
}

/** `23 Nov 2026, 10:04:31`, in the browser's time zone. */
export function exactTime(at: string): string {
  return exact.format(Date.parse(at));
}
