import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { problems } from '../../src/http/problem.ts';
import { toNodeListener } from '../../src/http/index.ts';
import { apiUnderTest, key } from './api-under-test.ts';

async function page(options: Parameters<typeof apiUnderTest>[0] = {}, host = 'api.test') {
  const { handler, document } = await apiUnderTest(options);
  const response = await handler.fetch(new Request(`http://${host}${options.basePath ?? ''}/docs`));
  return { response, document, html: await response.text() };
}

/** What a browser makes of text in HTML. */
function unescaped(html: string): string {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return html.replaceAll(/<[^>]*>/g, '').replaceAll(/&(#?\w+);/g, (_, name: string) => entities[name] ?? '?');
}

const curls = (html: string) =>
  [...html.matchAll(/<pre><code>(.*?)<\/code>/gs)]
    .map(([, code = '']) => unescaped(code))
    .filter((code) => code.startsWith('curl'));

test('the page is HTML that may load nothing and run nothing', async () => {
  const { response, html } = await page();
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const [, style = ''] = /<style>(.*?)<\/style>/s.exec(html) ?? [];
  const hash = createHash('sha256').update(style).digest('base64');
  expect(response.headers.get('content-security-policy')).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  expect(style.length).toBeGreaterThan(1_000);
  expect(html).not.toMatch(/<script|<link|<img|<iframe|@import|url\(|\son\w+=|\sstyle=/i);
  expect(html.match(/(?:src|href)="[^"#]*"/g)).toEqual(['href="openapi.json"']);
});

test('every call, field and problem code of the document is on the page, and every link leads somewhere', async () => {
  const { document, html } = await page();
  for (const methods of Object.values(document.paths)) {
    for (const { operationId } of Object.values(methods)) expect(html).toContain(`<section id="${operationId}"`);
  }
  for (const code of Object.keys(problems)) expect(html).toContain(`<div id="${code}"`);
  for (const schema of Object.values(document.components.schemas)) {
    if (schema.properties?.['code']) continue;
    for (const field of Object.keys(schema.properties ?? {})) expect(html).toContain(`<code>${field}</code>`);
  }
  const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
  for (const [, target] of html.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  expect(html).not.toMatch(/undefined|\[object|NaN/);
});

test("a problem's type leads to what the page says of its code", async () => {
  const { handler } = await apiUnderTest({ publicUrl: 'https://verify.example.com/phone/' });
  const problem = (await (await handler.fetch(new Request('http://api.test/nowhere'))).json()) as { type: string };
  expect(problem.type).toBe('https://verify.example.com/phone/docs#not_found');
});

test.each([
  [{}, 'localhost:8080', 'http://localhost:8080/v1/verifications'],
  [{ basePath: '/api/phone' }, 'example.com', 'http://example.com/api/phone/v1/verifications'],
  [{ publicUrl: 'https://verify.example.com/' }, 'internal:3000', 'https://verify.example.com/v1/verifications'],
])('the curl lines call the address under which the page is seen (%j)', async (options, host, address) => {
  const { html } = await page(options, host);
  expect(curls(html)[0]?.split(/\s+/)[3]).toBe(address);
});

test('a handler that asks nobody for a key shows none in its curl lines', async () => {
  const { html } = await page({ authenticate: 'none' });
  expect(curls(html).join('\n')).not.toContain('Authorization');
});

test('a host with markup or shell in it stays text', async () => {
  const { html } = await page({}, "a'$(id)&b.test");
  expect(html).not.toContain("a'$(id)&b");
  const [first = ''] = curls(html);
  const { stdout } = await promisify(execFile)('sh', ['-c', `curl() { printf '%s\n' "$@"; }\n${first}`], { env: {} });
  expect(stdout.split('\n')[2]).toBe("http://a'$(id)&b.test/v1/verifications");
});

test('an IPv6 address is shown as it is, and quoted in curl lines alone', async () => {
  const { html } = await page({}, '[::1]:8080');
  expect(html).toContain('<dd><code>http://[::1]:8080</code></dd>');
  expect(curls(html)[0]?.split(/\s+/)[3]).toBe("'http://[::1]:8080/v1/verifications'");
});

test('one page serves every address, and none of them stays in it', async () => {
  const { handler } = await apiUnderTest();
  const at = async (host: string) => (await handler.fetch(new Request(`http://${host}/docs`))).text();
  const pages = [await at('one.test'), await at('two.test')];
  expect(pages[0]?.replaceAll('one.test', 'two.test')).toBe(pages[1]);
  expect(pages.join('')).not.toContain('origin.invalid');
});

/** What a shell makes of a curl line, sent as curl would send it: `-X`, `-H` and `-d` are all that the page uses. */
async function sendCurl(line: string): Promise<void> {
  const program = `curl() { printf '%s\\0' "$@"; }\n${line}`;
  const { stdout } = await promisify(execFile)('sh', ['-c', program], { env: { PHONEPROOF_API_KEY: key } });
  const words = stdout.split('\0').slice(0, -1);
  const init: RequestInit & { headers: [string, string][] } = { headers: [] };
  let url = '';
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '-X') init.method = words.shift() ?? '';
    else if (word === '-d') init.body = words.shift() ?? '';
    else if (word === '-H') init.headers.push((words.shift() ?? '').split(/: (.*)/s, 2) as [string, string]);
    else url = word;
  }
  await (await fetch(url, init)).arrayBuffer();
}

test('every curl line on the page is a call that the API understands', async () => {
  const api = await apiUnderTest();
  const server = createServer((request, response) => void toNodeListener(api.handler)(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const lines = curls(await (await fetch(`${base}/docs`)).text());
  api.answered.length = 0;
  for (const line of lines) await sendCurl(line);
  await new Promise((resolve) => server.close(resolve));
  expect(api.answered).toHaveLength(lines.length);
  const understood = api.answered.filter(
    ({ status, code }) =>
      status < 300 || ['verification_not_found', 'incorrect_code', 'receipt_refused'].includes(code ?? ''),
  );
  expect(understood).toEqual(api.answered);
  expect(new Set(api.answered.map(({ method, route }) => `${method} ${String(route)}`)).size).toBe(13);
});
