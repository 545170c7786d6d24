import type { ComponentChildren } from 'preact';
import { connection, serviceIsThere } from './state.ts';
import { ThemeToggle } from './theme-toggle.tsx';

interface SiteHeaderProps {
  here: 'Demo' | 'Inbox';
  children?: ComponentChildren;
}

/** The top of every page: where one is, where one can go on this port, light or dark. */
export function SiteHeader({ here, children }: SiteHeaderProps) {
  const places = [
    { name: 'Demo', href: './', isThere: serviceIsThere.value },
    { name: 'Inbox', href: 'inbox', isThere: connection.value !== 'absent' },
    { name: 'API', href: 'docs', isThere: serviceIsThere.value },
  ];
  return (
    <header class="site-header">
      <span class="wordmark">
        phone<b>proof</b>
      </span>
      <nav class="places" aria-label="Pages">
        {places.map(({ name, href, isThere }) => (
          <a key={name} href={href} hidden={!isThere} aria-current={name === here ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <div class="site-header-end">
        {children}
        <ThemeToggle />
      </div>
    </header>
  );
}
