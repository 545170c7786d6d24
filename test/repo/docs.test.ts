import { existsSync, globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { marked } from 'marked';
import type { Token, Tokens } from 'marked';
import { describe, expect, test } from 'vitest';

const pages = globSync(['*.md', 'docs/**/*.md', 'examples/**/*.md'], { exclude: ['**/node_modules/**'] });
const textOf = (page: string): string => readFileSync(page, 'utf8');

describe('every link leads somewhere:', () => {
  test.each(pages)('%s', (page) => {
    expect(brokenLinks(page, textOf(page))).toEqual([]);
  });

  test('and one that does not is found', () => {
    const text =
      '# Here and `there`\n[a](gone.md) [b](#here-and-there) [c](#gone) [d](../README.md#gone) ![e](gone.png) [f](http://example.com)';
    const broken = ['gone.md', '#gone', '../README.md#gone', 'gone.png', 'http://example.com'];
    expect(brokenLinks('docs/page.md', text)).toEqual(broken);
  });
});

describe('every decision is listed in order and says what it must:', () => {
  const decisions = globSync('docs/decisions/[0-9]*.md')
    .map((path) => posix.basename(path))
    .toSorted();

  test('the list', () => {
    const listed = linksOf(textOf('docs/decisions/README.md')).map(({ href }) => href);
    expect(decisions.length).toBeGreaterThan(0);
    expect(listed.filter((href) => /^\d/.test(href))).toEqual(decisions);
    expect(decisions.map((file) => Number(file.slice(0, 4)))).toEqual(decisions.map((_file, index) => index + 1));
  });

  test.each(decisions)('%s', (file) => {
    const headings = headingsOf(textOf(`docs/decisions/${file}`)).map(({ text }) => text);
    expect(headings.slice(1)).toEqual(['Context', 'Decision', 'Consequences']);
  });
});

/** Links of a page to no file, to no heading, or out of the repository in clear. */
function brokenLinks(page: string, text: string): string[] {
  return linksOf(text)
    .map(({ href }) => href)
    .filter((href) => {
      if (/^[a-z]+:/.test(href)) return !/^https:|^http:\/\/(?:localhost|127\.0\.0\.1)[:/]/.test(href);
      const [path = '', fragment] = href.split('#', 2);
      const target = path === '' ? page : posix.join(posix.dirname(page), path);
      if (path !== '' && !existsSync(target)) return true;
      return fragment !== undefined && !anchorsOf(path === '' ? text : textOf(target)).includes(fragment);
    });
}

/** The fragments by which headings are reached on code hosts: lower case, spaces as hyphens, other signs gone. */
function anchorsOf(text: string): string[] {
  return headingsOf(text).map(({ text: heading }) => {
    const signs = /[^\p{L}\p{N}\s_-]/gu;
    return heading.toLowerCase().replaceAll(signs, '').replaceAll(/\s/g, '-');
  });
}

function headingsOf(text: string): Tokens.Heading[] {
  return tokensOf(text).filter((token): token is Tokens.Heading => token.type === 'heading');
}

function linksOf(text: string): (Tokens.Link | Tokens.Image)[] {
  return tokensOf(text).filter((token): token is Tokens.Link | Tokens.Image => ['link', 'image'].includes(token.type));
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  void marked.walkTokens(marked.lexer(text), (token) => {
    tokens.push(token);
  });
  return tokens;
}
