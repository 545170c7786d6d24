import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { leavesOf, withLeaves } from '../provider-cases/leaves.ts';
import type { VendorReply } from '../provider-cases/case.ts';
import type { Received } from '../provider-cases/vendor.ts';
import type { VirtualNumberCase, VirtualNumberUnderTest } from './case.ts';
import { callOf, came, leaseFor, meaningOf, onStage } from './stage.ts';

const text = 'Never share 49381726, your Example code.';

/** Fails where something that is handed out holds one of the secrets, in whatever part of it. */
function assertKeeps(what: unknown, secrets: ReadonlyMap<string, string>): void {
  const parts = [inspect(what, { depth: Infinity, showHidden: true, maxStringLength: Infinity }), JSON.stringify(what)];
  for (let one = what; one instanceof Error; one = one.cause) parts.push(one.message, one.stack ?? '', String(one));
  const whole = parts.join('\n');
  for (const [secret, name] of secrets) assert.ok(!whole.includes(secret), `${name} is in ${whole.slice(0, 80)}`);
}

function credentialsOf({ credentials }: VirtualNumberUnderTest, received: readonly Received[]): Map<string, string> {
  const secrets = new Map<string, string>();
  for (const credential of credentials) {
    assert.ok(
      credential.length >= 8,
      'a credential of a test is 8 characters or more, so that it is told from other text',
    );
    secrets.set(credential, 'a credential');
    secrets.set(Buffer.from(credential).toString('base64').replace(/=+$/, '').slice(0, -1), 'a credential');
  }
  for (const { headers } of received) {
    const [, sent] = headers.get('authorization')?.split(' ') ?? [];
    if (sent !== undefined) secrets.set(sent, 'a header of the request');
  }
  return secrets;
}

/** What no error may hold, and what it is. */
function secretsOf(underTest: VirtualNumberUnderTest, received: readonly Received[]): Map<string, string> {
  const secrets = credentialsOf(underTest, received);
  for (const number of underTest.numbers) secrets.set(number.slice(2), 'the number');
  return secrets.set(text.slice(0, 20), 'the text').set('49381726', 'the code');
}

/** What the vendor documents, saying besides in each text what it was asked and what it knows. */
function tellingAll(reply: VendorReply, telling: string): VendorReply {
  const leaves = leavesOf(reply.body).filter(({ value }) => typeof value === 'string');
  const body =
    leaves.length > 0
      ? withLeaves(reply.body, leaves, (value) => `${String(value)} ${telling}`)
      : `${reply.body} ${telling}`;
  return { ...reply, body };
}

export const secretCases: readonly VirtualNumberCase[] = [
  {
    name: 'no error holds number, text, code or credential, even where the vendor repeats them',
    async run(underTest) {
      const telling = [...underTest.numbers, text, ...underTest.credentials].join(' ');
      const echoes = [200, 400, 401, 404, 422, 429, 500].flatMap((status) =>
        [telling, JSON.stringify(telling), JSON.stringify({ code: telling, message: telling, error: telling })].map(
          (body) => ({ status, headers: { 'retry-after': '12025550143' }, body }),
        ),
      );
      for (const act of underTest.asks) {
        const documented = underTest.answers.filter(({ on }) => on === act).map((answer) => answer.reply);
        await onStage(underTest, async (stage) => {
          const lease = await leaseFor(stage, act);
          for (const reply of [...documented, ...documented.map((one) => tellingAll(one, telling)), ...echoes]) {
            stage.script(act, reply);
            const answered = await callOf(stage, act, lease);
            if (answered instanceof Error) assertKeeps(answered, secretsOf(underTest, stage.vendor.received));
          }
          stage.script(act, (_request, response) => {
            response.writeHead(200, { 'content-length': '9999' });
            response.write(telling, () => response.destroy());
          });
          assertKeeps(await callOf(stage, act, lease), secretsOf(underTest, stage.vendor.received));
        });
      }
    },
  },
  {
    name: 'no error of a balance holds a credential',
    run: (underTest) =>
      onStage(underTest, async ({ provider, script, vendor }) => {
        const { balance } = provider;
        if (!balance) return;
        const telling = underTest.credentials.join(' ');
        for (const status of [200, 401, 500]) {
          script('everything', { status, body: JSON.stringify({ balance: telling }) });
          const answered = await came(async () => ({
            state: 'waiting' as const,
            answer: String(await balance({ signal: new AbortController().signal })),
          }));
          assertKeeps(answered, secretsOf(underTest, vendor.received));
        }
      }),
  },
  {
    name: 'no lease and no poll holds a credential, and no word of a poll that waits the number',
    run: (underTest) =>
      onStage(underTest, async (stage) => {
        const lease = await stage.lease();
        const waiting = await stage.poll(lease);
        await stage.arrive({ text: 'Your code is 493817' });
        const received = await stage.poll(lease);
        assert.equal(meaningOf(received), 'received');
        for (const one of [lease, waiting, received, await stage.release(lease)]) {
          assertKeeps(one, credentialsOf(underTest, stage.vendor.received));
        }
        assertKeeps(waiting, secretsOf(underTest, stage.vendor.received));
      }),
  },
];
