import type { ComponentChildren } from 'preact';
import { ThemeToggle } from './theme-toggle.tsx';

const places = [
  { name: 'Demo', href: './' },
  { name: 'Inbox', href: 'inbox' },
  { name: 'API', href: 'docs' },
];

/** The top of every page: where one is, where one can go, light or dark. */
export function SiteHeader({ here, children }: { here: 'Demo' | 'Inbox'; children?: ComponentChildren }) {
  return (
    <header class="site-header">
      <span class="wordmark">
        phone<b>proof</b>
      </span>
      <nav class="places" aria-label="Pages">
        {places.map(({ name, href }) => (
          <a key={name} href={href} aria-current={name === here ? 'page' : undefined}>
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
