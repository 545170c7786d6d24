import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from './icon.tsx';
import { closePanel, timesOpened } from './panel.ts';

/** What stands beside the phone, or on a narrow page in its place: a title, a button that closes it, and its sections. */
export function PanelFrame({ title, children }: { title: string; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const titleId = useId();
  const times = timesOpened.value;
  useLayoutEffect(() => {
    if (times > 0) heading.current?.focus();
  }, [times, title]);
  return (
    <aside class="panel" aria-labelledby={titleId}>
      <header class="panel-head">
        <h2 ref={heading} id={titleId} tabIndex={-1}>
          {title}
        </h2>
        <button type="button" class="icon-button" aria-label="Close" title="Close (Esc)" onClick={closePanel}>
          <Icon name="close" />
        </button>
      </header>
      {/* Scrolls by itself, so it can be reached by the keyboard. */}
      <div class="panel-body" tabIndex={0} role="group" aria-label={title}>
        {children}
      </div>
    </aside>
  );
}

/** A part of a panel, under a heading of its own. */
export function PanelSection({ title, children }: { title: string; children: ComponentChildren }) {
  const titleId = useId();
  return (
    <section class="panel-section" aria-labelledby={titleId}>
      <h3 id={titleId}>{title}</h3>
      {children}
    </section>
  );
}
