import { strictEqual } from 'node:assert';
import { after, test } from 'node:test';
import { connectInbox } from 'phoneproof/testing';

const inbox = await connectInbox(); // PHONEPROOF_INBOX_URL, or http://127.0.0.1:8080
after(() => inbox.close()); // gives the numbers back

const service = `${inbox.url}/v1/verifications`; // your app, in your tests
const post = (url: string, body: object) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

test('the code that arrives is the right one', async () => {
  const phone = await inbox.phone({ country: 'GB' });
  await post(service, { to: phone.number });
  const checked = await post(`${service}/check`, { to: phone.number, code: await phone.waitForCode() });
  strictEqual(checked.status, 200);
});

test('nothing arrives after the third text in ten minutes', async () => {
  const phone = await inbox.phone();
  for (let send = 1; send <= 4; send += 1) await post(service, { to: phone.number });
  strictEqual((await inbox.messages(phone.number)).length, 3);
});
