import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Hono } from 'hono';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { servePage } from '../../../src/inbox/page.ts';

let path: string;
beforeAll(async () => {
  path = await mkdtemp(join(tmpdir(), 'phoneproof-'));
});
afterAll(() => rm(path, { recursive: true }));

function serve(name: string) {
  const app = new Hono().get('/', servePage(name, { folder: pathToFileURL(`${path}/`) }));
  return () => app.request('/');
}

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

function directives(response: Response): Record<string, string> {
  const policy = response.headers.get('content-security-policy') ?? '';
  return Object.fromEntries(policy.split('; ').map((directive) => directive.split(/ (.*)/s)));
}

test('a page is served with a policy that names its own scripts and styles, and no others', async () => {
  const html = '<script>a()</script><style media="all">b{}</style><SCRIPT type="module">\nc("<b>")\n</SCRIPT >';
  await writeFile(join(path, 'some.html'), html);
  const response = await serve('some')();
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toMatch(/^text\/html/);
  expect(await response.text()).toBe(html);
  expect(directives(response)).toEqual({
    'default-src': "'none'",
    'script-src': `${hash('a()')} ${hash('\nc("<b>")\n')}`,
    'style-src': hash('b{}'),
    'img-src': 'data:',
    'connect-src': "'self'",
    'form-action': "'self'",
    'base-uri': "'none'",
    'frame-ancestors': "'none'",
  });
});

test('a page without scripts or styles may have none', async () => {
  await writeFile(join(path, 'bare.html'), '<p>Hello');
  expect(directives(await serve('bare')())).toMatchObject({ 'script-src': "'none'", 'style-src': "'none'" });
});

test('a page that is not built yet is a 503, and is there as soon as it is', async () => {
  const get = serve('late');
  const before = await get();
  expect(before.status).toBe(503);
  expect(await before.text()).toContain('npm run build:ui');
  await writeFile(join(path, 'late.html'), '<p>Hello');
  expect((await get()).status).toBe(200);
});
