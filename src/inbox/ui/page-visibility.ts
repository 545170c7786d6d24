import { signal } from '@preact/signals';

/** Whether nobody can see the page: another tab is in front, or the window is put away. */
export const pageIsHidden = signal(document.hidden);
document.addEventListener('visibilitychange', () => (pageIsHidden.value = document.hidden));
