import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { afterEach, expect, test } from 'vitest';
import { freePort } from '../servers/free-port.ts';
import { eventually } from './eventually.ts';
import { cleanUp, newFolder, run, startService, type RunningService } from './phoneproof-process.ts';
import { call } from './service-client.ts';

const secret = 'b0fWm7Zl3cQyVtE9rXuK1sJh5dGa8pNo2iLkYzCxTvA=';
const key = 'k7Jx2mQv9LrT4wZs8NbY3cHf6DgPaVe1';
const twilioToken = 'a-token-of-twilio-0c41';
const vonageSecret = 'a-secret-of-vonage-7d93';

const servers: Server[] = [];
afterEach(async () => {
  await cleanUp();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What stands between the world and the service: vendors know its address, and the service does not listen there. */
async function publicAddress() {
  const seen: string[] = [];
  let target = '';
  const url = await listen(
    createServer((incoming, outgoing) => {
      seen.push(incoming.url ?? '');
      const { method, headers, url: path } = incoming;
      const onward = httpRequest(`${target}${path}`, { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      });
      onward.on('error', () => outgoing.writeHead(502).end());
      incoming.pipe(onward);
    }),
  );
  return { url, seen, leadTo: (address: string) => void (target = address) };
}

const startInbox = (): Promise<RunningService> => startService(['inbox'], { cwd: newFolder() });

/** `serve` with Twilio and Vonage, both played by inboxes. */
async function startServe(twilioAt: string, vonageAt: string, env: Record<string, string> = {}) {
  const address = await publicAddress();
  const given = {
    PHONEPROOF_SECRET: secret,
    PHONEPROOF_API_KEYS: key,
    PHONEPROOF_STORE: 'sqlite:verifications.db',
    PHONEPROOF_COUNTRIES: 'US',
    PHONEPROOF_METRICS_PORT: '0',
    PHONEPROOF_LOG_LEVEL: 'debug',
    PHONEPROOF_PUBLIC_URL: address.url,
    PHONEPROOF_PROVIDER: 'twilio,vonage',
    PHONEPROOF_TWILIO_BASE_URL: `${twilioAt}/twilio`,
    PHONEPROOF_TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    PHONEPROOF_TWILIO_AUTH_TOKEN: twilioToken,
    PHONEPROOF_TWILIO_FROM: '+15005550006',
    PHONEPROOF_VONAGE_BASE_URL: `${vonageAt}/vonage`,
    PHONEPROOF_VONAGE_API_KEY: 'abcd1234',
    PHONEPROOF_VONAGE_API_SECRET: vonageSecret,
    PHONEPROOF_VONAGE_SIGNATURE_SECRET: vonageSecret,
    PHONEPROOF_VONAGE_FROM: 'Acme',
    ...env,
  };
  const cwd = newFolder();
  const service = await startService(['serve'], { cwd, env: given });
  address.leadTo(service.url);
  const metrics = /"metrics":"([^"]+)"/.exec(service.output().stdout)?.[1] ?? '';
  return {
    ...service,
    address,
    env: given,
    cwd,
    post: (path: string, body: object) => call(service.url, path, { body, key }),
    deliveriesOf: async (id: string) =>
      (await call(service.url, `/v1/verifications/${id}`, { key })).body['deliveries'],
    metric: async (line: string) => {
      const text = await (await fetch(metrics)).text();
      return Number(
        text
          .split('\n')
          .find((one) => one.startsWith(`${line} `))
          ?.slice(line.length) ?? Number.NaN,
      );
    },
  };
}

/** The texts to a number, the oldest first. */
async function textsTo(inboxUrl: string, to: string): Promise<{ provider: string; code: string }[]> {
  const { body } = await call(inboxUrl, `/inbox/api/messages?to=${encodeURIComponent(to)}`);
  return (body['data'] as { provider: string; code: string }[]).toReversed();
}

const numberOf = (n: number): string => `+120255501${String(n).padStart(2, '0')}`;
const fault = (inboxUrl: string, body: object) => call(inboxUrl, '/inbox/api/faults', { body });

test('two vendors from the environment do the main job, and their receipts show in the verification and in the metrics', async () => {
  const inbox = await startInbox();
  const service = await startServe(inbox.url, inbox.url);
  const to = numberOf(0);
  const started = await service.post('/v1/verifications', { to });
  expect(started.status).toBe(201);
  const id = String(started.body['id']);
  const [text] = await textsTo(inbox.url, to);
  expect(text?.provider).toBe('twilio');
  await eventually(() => service.deliveriesOf(id)).toMatchObject([{ provider: 'twilio', status: 'delivered' }]);

  // Twilio breaks: the same verification and the same code, by the other vendor.
  await fault(inbox.url, { vendor: 'twilio', fault: { kind: 'server_error' }, next: 1 });
  const again = await service.post('/v1/verifications', { to });
  expect(again).toMatchObject({ status: 200, body: { id } });
  const texts = await textsTo(inbox.url, to);
  expect(texts.map(({ provider }) => provider)).toEqual(['twilio', 'vonage']);
  expect(new Set(texts.map(({ code }) => code)).size).toBe(1);
  await eventually(() => service.deliveriesOf(id)).toMatchObject([
    { provider: 'twilio', status: 'delivered' },
    { provider: 'twilio', status: 'rejected' },
    { provider: 'vonage', status: 'delivered' },
  ]);
  expect(await service.post('/v1/verifications/check', { id, code: text?.code })).toMatchObject({ status: 200 });

  expect(await service.metric('phoneproof_deliveries_total{provider="twilio",status="accepted",error_kind=""}')).toBe(
    1,
  );
  expect(
    await service.metric('phoneproof_deliveries_total{provider="twilio",status="rejected",error_kind="temporary"}'),
  ).toBe(1);
  expect(await service.metric('phoneproof_deliveries_total{provider="vonage",status="accepted",error_kind=""}')).toBe(
    1,
  );
  for (const provider of ['twilio', 'vonage']) {
    const receipts = `phoneproof_receipts_total{provider="${provider}",status="delivered",error_kind=""}`;
    expect(await service.metric(receipts), provider).toBeGreaterThanOrEqual(1);
    expect(await service.metric(`phoneproof_provider_up{provider="${provider}"}`), provider).toBe(1);
  }

  // Neither what was sent nor who may send nor where receipts are taken is in the log.
  service.signal('SIGTERM');
  expect(await service.ended).toBe(0);
  const { stdout, stderr } = service.output();
  expect(stdout).toContain('delivery receipts are taken');
  const tokens = service.address.seen.map((path) => path.split(/[/?]/)[4] ?? 'nothing');
  expect(tokens.length).toBeGreaterThan(1);
  for (const hidden of [...tokens, text?.code ?? '', to.slice(2), twilioToken, vonageSecret, 'is your']) {
    expect(stdout + stderr).not.toContain(hidden);
  }
});

test('the first vendor is killed in mid-run: every person still gets one code, and it is right', async () => {
  const [twilio, vonage] = [await startInbox(), await startInbox()];
  const service = await startServe(twilio.url, vonage.url);
  const people = 16;
  const ids: string[] = [];
  for (let n = 0; n < people; n++) {
    if (n === people / 2) {
      twilio.signal('SIGKILL');
      await twilio.ended;
    }
    const started = await service.post('/v1/verifications', { to: numberOf(n) });
    expect(started.status, `person ${n}`).toBe(201);
    ids.push(String(started.body['id']));
  }
  for (let n = people / 2; n < people; n++) {
    const texts = await textsTo(vonage.url, numberOf(n));
    expect(texts, `person ${n}`).toHaveLength(1);
    const checked = await service.post('/v1/verifications/check', { id: ids[n], code: texts[0]?.code });
    expect(checked.status, `person ${n}`).toBe(200);
  }
  expect(await service.deliveriesOf(ids[0] ?? '')).toMatchObject([{ provider: 'twilio' }]);
  // After some failures it is left alone.
  expect(await service.metric('phoneproof_provider_up{provider="twilio"}')).toBe(0);
  expect(await service.metric('phoneproof_provider_up{provider="vonage"}')).toBe(1);
  const failures = 'phoneproof_deliveries_total{provider="twilio",status="rejected",error_kind="temporary"}';
  expect(await service.metric(failures)).toBe(5);
  expect(await service.metric('phoneproof_deliveries_total{provider="vonage",status="accepted",error_kind=""}')).toBe(
    8,
  );
});

test('a text that a receipt says is lost goes by the other vendor when the person asks again, with the same code', async () => {
  const inbox = await startInbox();
  const service = await startServe(inbox.url, inbox.url);
  const to = numberOf(0);
  await fault(inbox.url, { vendor: 'twilio', fault: { kind: 'undelivered', code: '30003' }, next: 1 });
  const id = String((await service.post('/v1/verifications', { to })).body['id']);
  await eventually(() => service.deliveriesOf(id)).toMatchObject([{ provider: 'twilio', status: 'failed' }]);
  expect(await service.post('/v1/verifications', { to })).toMatchObject({ status: 200, body: { id } });
  const [text, ...others] = await textsTo(inbox.url, to);
  expect([text?.provider, others]).toEqual(['vonage', []]);
  expect(await service.post('/v1/verifications/check', { id, code: text?.code })).toMatchObject({ status: 200 });
  expect(
    await service.metric('phoneproof_receipts_total{provider="twilio",status="failed",error_kind="temporary"}'),
  ).toBe(1);
});

test('a process that is killed between the vendor’s yes and the record of it loses nothing and sends nothing twice', async () => {
  const inbox = await startInbox();
  const address = await publicAddress();
  // Receipts go nowhere, and the vendor answers only after it has told of the message: for some seconds the text is there, and nobody has been told.
  address.leadTo(await listen(createServer(() => {})));
  const first = await startServe(inbox.url, inbox.url, { PHONEPROOF_PUBLIC_URL: address.url });
  await fault(inbox.url, { vendor: 'twilio', fault: { kind: 'early_receipts' }, next: 1 });
  const to = numberOf(40);
  const asking = first.post('/v1/verifications', { to }).catch(() => null);
  await eventually(async () => (await textsTo(inbox.url, to)).length).toBe(1);
  first.signal('SIGKILL');
  await first.ended;
  expect(await asking).toBeNull();

  const second = await startService(['serve'], { cwd: first.cwd, env: first.env });
  const ask = (path: string, body: object) => call(second.url, path, { body, key });
  const [text] = await textsTo(inbox.url, to);
  expect(await ask('/v1/verifications', { to })).toMatchObject({ status: 200, body: { sends_left: 1 } });
  const texts = await textsTo(inbox.url, to);
  expect(texts.map(({ code }) => code)).toEqual([text?.code, text?.code]);
  expect(await ask('/v1/verifications/check', { to, code: text?.code })).toMatchObject({ status: 200 });
});

test('a receipt that nobody has signed is refused, counted and warned of, and changes nothing', async () => {
  const inbox = await startInbox();
  const service = await startServe(inbox.url, inbox.url);
  await fault(inbox.url, { vendor: 'twilio', fault: { kind: 'dropped' }, next: 1 });
  const id = String((await service.post('/v1/verifications', { to: numberOf(0) })).body['id']);
  const { stdout } = await run(['receipts'], { cwd: newFolder(), env: service.env });
  const address = /(http:\S+\/v1\/receipts\/twilio\/\S+)/.exec(stdout)?.[1] ?? '';
  expect(address).toContain(service.address.url);
  const form = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-twilio-signature': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  };
  const forged = await fetch(`${address}?ref=${id}.1`, {
    method: 'POST',
    headers: form,
    body: 'MessageSid=SM1&MessageStatus=delivered',
  });
  expect([forged.status, ((await forged.json()) as { code: string }).code]).toEqual([403, 'receipt_refused']);
  const elsewhere = await fetch(`${address.slice(0, -1)}?ref=${id}.1`, { method: 'POST', headers: form });
  expect(elsewhere.status).toBe(403);
  expect(await service.deliveriesOf(id)).toMatchObject([{ provider: 'twilio', status: 'accepted' }]);
  expect(await service.metric('phoneproof_receipts_refused_total{provider="twilio"}')).toBe(1);
  const { stdout: log } = service.output();
  expect(log.split('\n').filter((line) => line.includes('receipt.refused'))).toHaveLength(1);
  expect(log).toContain('"route":"/v1/receipts/{provider}/{token}","status":403');
  expect(log).not.toContain(address.split('/').at(-1));
});

test('events are posted to a program of ours, signed, and the last of them before the process ends', async () => {
  const events: { type: string; data: Record<string, unknown> }[] = [];
  const eventsSecret = `whsec_${secret}`;
  const url = await listen(
    createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        const headers = request.headers as Record<string, string>;
        events.push(new Webhook(eventsSecret).verify(body, headers) as (typeof events)[number]);
        response.writeHead(204).end();
      });
    }),
  );
  const inbox = await startInbox();
  const service = await startServe(inbox.url, inbox.url, {
    PHONEPROOF_WEBHOOK_EVENTS_URL: `${url}/events`,
    PHONEPROOF_WEBHOOK_EVENTS_SECRET: eventsSecret,
    PHONEPROOF_ALLOW_UNSAFE: 'webhooks',
  });
  const to = numberOf(0);
  const id = String((await service.post('/v1/verifications', { to })).body['id']);
  const [text] = await textsTo(inbox.url, to);
  await eventually(() => service.deliveriesOf(id)).toMatchObject([{ status: 'delivered' }]);
  await service.post('/v1/verifications/check', { id, code: text?.code });
  service.signal('SIGTERM');
  expect(await service.ended).toBe(0);
  const about = { id, tenant: 'default' };
  expect(events.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['verification.started', 'delivery.settled', 'delivery.reported', 'verification.approved']),
  );
  for (const { data } of events) expect(data).toMatchObject(about);
  expect(JSON.stringify(events)).not.toMatch(new RegExp(`${text?.code}|${to.slice(2)}`));
});

test('events for a machine of the own network are refused, at the start or when the name leads there', async () => {
  const common = { PHONEPROOF_WEBHOOK_EVENTS_SECRET: `whsec_${secret}` };
  const { exitCode, stderr } = await run(['config', 'print'], {
    cwd: newFolder(),
    env: { ...common, PHONEPROOF_WEBHOOK_EVENTS_URL: 'https://169.254.169.254/latest' },
  });
  expect(exitCode).toBe(78);
  expect(stderr).toContain('PHONEPROOF_WEBHOOK_EVENTS_URL is of this machine or its networks');

  const inbox = await startInbox();
  const service = await startServe(inbox.url, inbox.url, {
    ...common,
    PHONEPROOF_WEBHOOK_EVENTS_URL: 'https://localhost:1/events',
  });
  await service.post('/v1/verifications', { to: numberOf(0) });
  service.signal('SIGTERM');
  expect(await service.ended).toBe(0);
  expect(service.output().stdout).toContain('before the end');
});

test('dev sends by emulators on its own port', async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = {
    PHONEPROOF_PROVIDER: 'twilio',
    PHONEPROOF_TWILIO_BASE_URL: `${url}/twilio`,
    PHONEPROOF_TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
    PHONEPROOF_TWILIO_AUTH_TOKEN: twilioToken,
    PHONEPROOF_TWILIO_FROM: '+15005550006',
    PHONEPROOF_PUBLIC_URL: url,
  };
  await startService(['dev'], { cwd: newFolder(), env, port });
  const { body } = await call(url, '/v1/verifications', { body: { to: numberOf(0) } });
  expect((await textsTo(url, numberOf(0))).map(({ provider }) => provider)).toEqual(['twilio']);
  const deliveries = async () => (await call(url, `/v1/verifications/${String(body['id'])}`)).body['deliveries'];
  await eventually(deliveries).toMatchObject([{ provider: 'twilio', status: 'delivered' }]);
});
