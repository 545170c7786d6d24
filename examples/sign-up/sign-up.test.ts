import { expect, test as base } from 'vitest';
import { inboxFixtures, type InboxFixtures } from 'phoneproof/testing';
import { app } from './app.ts';

const test = base.extend<InboxFixtures>(inboxFixtures());

const post = async (path: string, fields: Record<string, string>) => {
  const response = await app.request(path, { method: 'POST', body: new URLSearchParams(fields) });
  return { status: response.status, page: await response.text() };
};
const idIn = (page: string) => /name="id" type="hidden" value="([^"]+)"/.exec(page)?.[1] ?? '';

test('the code from the text creates the account, once', async ({ phone }) => {
  const id = idIn((await post('/code', { phone: phone.number })).page);
  const code = await phone.waitForCode();
  const created = await post('/account', { id, code });
  expect(created).toMatchObject({ status: 201, page: expect.stringContaining(phone.number) });
  expect((await post('/account', { id, code })).status).toBe(422);
});

test('a wrong code creates none', async ({ phone }) => {
  const id = idIn((await post('/code', { phone: phone.number })).page);
  const code = await phone.waitForCode();
  expect((await post('/account', { id, code: code === '000000' ? '111111' : '000000' })).status).toBe(422);
});

test('who asks again gets the same code again', async ({ phone }) => {
  await post('/code', { phone: phone.number });
  const first = await phone.waitForCode();
  await post('/code', { phone: phone.number });
  expect(await phone.waitForCode()).toBe(first);
});
