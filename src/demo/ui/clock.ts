import { signal } from '@preact/signals';

/** The present in milliseconds, to half a second: countdowns follow it. */
export const now = signal(Date.now());
setInterval(() => (now.value = Date.now()), 500);

/** Seconds until a time of this page's clock, rounded up; 0 once it is reached. */
export function secondsUntil(time: number): number {
  return Math.max(0, Math.ceil((time - now.value) / 1_000));
}

/** "4:07", or "2 h 05 min" from an hour on. */
export function duration(seconds: number): string {
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${twoDigits(seconds % 60)}`;
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
}
