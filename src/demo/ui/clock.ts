import { signal } from '@preact/signals';

/** The present in milliseconds, to half a second: countdowns follow it. */
export const now = signal(Date.now());
setInterval(() => (now.value = Date.now()), 500);

/**
 * Whole seconds until a time of this page's clock; 0 once it is reached, not before. Rounded down, since what the server's clock tells us is to
 * the second and may be almost one late: so a countdown of 30 s begins with 30.
 */
export function secondsUntil(time: number): number {
  const ms = time - now.value;
  return ms <= 0 ? 0 : Math.max(1, Math.floor(ms / 1_000));
}

/** "4:07", or "2 h 05 min" from an hour on. */
export function duration(seconds: number): string {
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${twoDigits(seconds % 60)}`;
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}
