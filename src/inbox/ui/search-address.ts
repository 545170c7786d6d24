import { effect } from '@preact/signals';
import { query } from './state.ts';

/** So long must nobody type before the address changes, in milliseconds: browsers let a page change it only so often. */
const settledMs = 250;

/** Takes what is searched for from the page's address, `?query=`, and keeps it there, so that a search can be shared. Called once. */
export function keepSearchInAddress(): void {
  let inAddress: string | undefined;
  const take = () => {
    const sought = new URLSearchParams(location.search).get('query') ?? '';
    // Browsers tell of every step, to another number too: it says nothing of what is being typed.
    if (sought !== inAddress) query.value = sought;
    inAddress = sought;
  };
  take();
  addEventListener('popstate', take);
  let timer: ReturnType<typeof setTimeout> | undefined;
  effect(() => {
    const sought = query.value.trim();
    clearTimeout(timer);
    timer = setTimeout(() => {
      const url = new URL(location.href);
      if (sought === inAddress) return;
      inAddress = sought;
      if (sought === '') url.searchParams.delete('query');
      else url.searchParams.set('query', sought);
      history.replaceState(null, '', url);
    }, settledMs);
  });
}
