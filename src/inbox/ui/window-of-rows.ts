import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

/** How many rows are drawn beyond what is seen, on either side: so many key presses are ahead of the drawing. */
const beyond = 8;

export interface WindowOfRows {
  /** Index of the first row that is drawn. */
  first: number;
  /** Index after the last one. */
  end: number;
}

/** Which rows of a long list have to be drawn: those in view of its scroller. Every row is `rowHeight` pixels high. */
export function useWindowOfRows(
  scroller: RefObject<HTMLElement | null>,
  count: number,
  rowHeight: number,
): WindowOfRows {
  const [{ top, height }, setView] = useState({ top: 0, height: 800 });
  useLayoutEffect(() => {
    const element = scroller.current!;
    const look = () => {
      // To whole rows: scrolling within one draws nothing anew.
      const next = { top: Math.floor(element.scrollTop / rowHeight), height: element.clientHeight };
      setView((view) => (view.top === next.top && view.height === next.height ? view : next));
    };
    look();
    const resized = new ResizeObserver(look);
    resized.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, [rowHeight, scroller]);
  const inView = Math.ceil(height / rowHeight) + 1;
  const first = Math.max(0, Math.min(top, count - inView) - beyond);
  return { first, end: Math.min(count, Math.max(0, Math.min(top, count - inView)) + inView + beyond) };
}
