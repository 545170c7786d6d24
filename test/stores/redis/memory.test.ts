import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { redisStore } from '../../../src/stores/redis/index.ts';
import type { BeginRequest, CodeSecret, NumberLimits } from '../../../src/stores/store.ts';
import { virtualClock } from '../../../src/testing/clock.ts';
import { dayMs, hourMs, numberOn, requestsOf, usualLimits } from '../../../src/testing/store-cases/number.ts';
import { freshKeyPrefix } from '../../servers/shared.ts';
import { openStore, redisClient, valkeyClient } from './clients.ts';

const requests = requestsOf('a number', usualLimits);

/** As long as the real ones are. */
function sealedNumber(): Uint8Array {
  return new Uint8Array(randomBytes(48));
}

function secret(): CodeSecret {
  return { keyId: 'aB3-_x', digest: randomBytes(32), seal: randomBytes(38), codeLength: 6 };
}

function begin(details: { purpose?: string; channel?: string } = {}): BeginRequest {
  const nonce = randomBytes(16).toString('base64url');
  const request = requests.begin({ ...details, nonce, number: sealedNumber(), repeatKeyIds: ['aB3-_x'] });
  return { ...request, secret: secret() };
}

/** The greatest field of a hash, in bytes. */
async function longestField(client: Pick<Redis, 'hvalsBuffer'>, key: string): Promise<number> {
  return Math.max(...(await client.hvalsBuffer(key)).map((value) => value.length));
}

/** Nothing refuses a send. */
const many: NumberLimits = {
  ...usualLimits,
  sends: usualLimits.sends.map((window) => ({ ...window, max: 100 })),
  attempts: { max: 100, windowMs: dayMs },
};

describe.each([
  ['Redis', redisClient],
  ['Valkey', valkeyClient],
])('on %s', (_, connect) => {
  test('a number with a pending verification takes two keys and at most 600 bytes', async () => {
    const client = (await connect()) as Redis;
    // With the prefix that it has by default: the names of keys count too.
    const store = redisStore({ client });
    const request = { ...begin(), subject: randomBytes(16).toString('base64url') };
    await store.begin(request);
    await store.settle({ ...request, delivery: 1, handOvers: [{ provider: 'twilio', status: 'accepted' }] });
    const keys = await client.keys(`pp:{${request.subject}}*`);
    const bytes = await Promise.all(keys.map((key) => client.memory('USAGE', key)));
    await client.del(keys);
    expect(keys).toHaveLength(2);
    expect(Number(bytes[0]) + Number(bytes[1])).toBeLessThanOrEqual(600);
  });

  test('a verified number takes at most 150 bytes once its verification is forgotten', async () => {
    const client = (await connect()) as Redis;
    const store = redisStore({ client });
    const request = { ...begin(), subject: randomBytes(16).toString('base64url') };
    const [record, marks] = [`pp:{${request.subject}}`, `pp:{${request.subject}}:marks`];
    await store.begin(request);
    expect(await client.exists(marks)).toBe(0);
    await store.approve(request);
    // What a day later has ended by itself.
    expect(await client.pttl(record)).toBeLessThanOrEqual(dayMs);
    await client.del(record);
    expect(await client.keys(`${record}*`)).toEqual([marks]);
    const [bytes, ttl] = [await client.memory('USAGE', marks), await client.pttl(marks)];
    expect(await store.lookup(request.subject)).not.toBeNull();
    await client.del(marks);
    expect(bytes).toBeLessThanOrEqual(150);
    expect(ttl).toBeGreaterThan(29 * dayMs);
  });

  test('a number that is used day after day takes no more than after a few', async () => {
    const client = (await connect()) as Redis;
    const [clock, prefix] = [virtualClock(), freshKeyPrefix()];
    const number = numberOn(openStore({ client, prefix, clock: clock.now }));
    const bytes: (number | null)[] = [];
    for (let day = 0; day < 40; day += 1) {
      await number.create();
      await number.guess(1);
      await number.check('111111');
      clock.advance(dayMs - hourMs);
      const keys = (await client.keys(`${prefix}*`)).toSorted();
      const used = await Promise.all(keys.map((key) => client.memory('USAGE', key)));
      bytes.push(used.reduce((a, b) => Number(a) + Number(b)));
    }
    expect(bytes.at(-1)).toBeLessThanOrEqual(Math.max(...bytes.slice(0, 5).map(Number)));
  });

  test('a record is a listpack of fields of at most 64 bytes, however much is kept of a number', async () => {
    const client = (await connect()) as Redis;
    const prefix = freshKeyPrefix();
    const store = redisStore({ client, prefix });
    const record = `${prefix}:{${requests.subject}}`;
    const looksRight = async (): Promise<void> => {
      for (const hash of await client.keys(`${record}*`)) {
        if ((await client.type(hash)) !== 'hash') continue;
        expect(await client.object('ENCODING', hash)).toBe('listpack');
        expect(await longestField(client, hash)).toBeLessThanOrEqual(64);
      }
    };
    for (let index = 0; index < 7; index += 1) {
      const request = { ...begin({ purpose: `${index}`.padEnd(32, 'p'), channel: 'c'.repeat(16) }), limits: many };
      const { subject, purposeTag } = request;
      await store.begin(request);
      await looksRight();
      for (let delivery = 1; delivery <= 11; delivery += 1) {
        const handOvers = ['v', 'w'].map((letter) => ({ provider: letter.repeat(32), status: 'accepted' as const }));
        await store.settle({ ...request, delivery, handOvers });
        if (index >= 4) await store.begin({ ...request, nonce: begin().nonce });
      }
      for (let check = 0; check < 1 + (index % 2); check += 1)
        await store.check({ ...requests.check('000000', undefined, ['aB3-_x']), limits: many, purposeTag });
      if (index < 4) await store.cancel({ subject, purposeTag, limits: many });
      await looksRight();
    }
    await store.approve({ ...requests.target(), purposeTag: begin({ purpose: '6'.padEnd(32, 'p') }).purposeTag });
    await looksRight();
    expect(await client.hkeys(record)).toEqual(expect.arrayContaining(['t0', 's0', 'a0', 'l0', 'e0']));
    expect(await client.hkeys(`${record}:marks`)).toEqual(expect.arrayContaining(['t0', 'w0', 'r0', 'v0']));
    expect(Number(await client.memory('USAGE', record))).toBeLessThan(3_500);
  });
});
