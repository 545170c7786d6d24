import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Handler } from 'hono';

/** Where the pages are built to: the same folder seen from `src/inbox/` and from `dist/inbox/`. */
const builtPages = new URL('../../dist/ui/', import.meta.url);

/**
 * Answers with a built page, `dist/ui/{name}.html`: one file that loads nothing. Its Content-Security-Policy lets the scripts and styles in it run
 * and no others, and lets it talk to its own origin alone. While the page is not built it is a 503 that says how to build it.
 */
export function servePage(name: string, { folder = builtPages }: { folder?: URL } = {}): Handler {
  let loaded: { html: string; policy: string } | undefined;
  return async (c) => {
    try {
      loaded ??= await load(new URL(`${name}.html`, folder));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return c.text('This page is not built yet. Run: npm run build:ui\n', 503);
    }
    return c.html(loaded.html, 200, { 'content-security-policy': loaded.policy, 'cache-control': 'no-cache' });
  };
}

async function load(file: URL): Promise<{ html: string; policy: string }> {
  // A browser does the same before it hashes (HTML standard, "preprocessing the input stream").
  const html = (await readFile(file, 'utf8')).replace(/\r\n?/g, '\n');
  const policy = [
    "default-src 'none'",
    `script-src ${hashesOf('script', html)}`,
    `style-src ${hashesOf('style', html)}`,
    'img-src data:',
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  return { html, policy };
}

/** CSP Level 3 section 2.3.1: a hash for each inline element; none at all is `'none'`. */
function hashesOf(element: 'script' | 'style', html: string): string {
  const elements = html.matchAll(new RegExp(`<${element}\\b[^>]*>(.*?)</${element}\\s*>`, 'gis'));
  const hashes = [...elements].map(([, content = '']) => createHash('sha256').update(content).digest('base64'));
  return [...new Set(hashes)].map((hash) => `'sha256-${hash}'`).join(' ') || "'none'";
}
