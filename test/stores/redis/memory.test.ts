import { randomBytes } from 'node:crypto';
import type { Redis } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { redisStore } from '../../../src/stores/redis/index.ts';
import type { BeginRequest, CodeSecret, NumberLimits } from '../../../src/stores/store.ts';
import { dayMs, requestsOf, usualLimits } from '../../../src/testing/store-cases/number.ts';
import { freshKeyPrefix } from '../../servers/shared.ts';
import { redisClient, valkeyClient } from './clients.ts';

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
    await store.settle({ ...request, delivery: 1, status: 'accepted', provider: 'twilio' });
    const keys = await client.keys(`pp:{${request.subject}}*`);
    const bytes = await Promise.all(keys.map((key) => client.memory('USAGE', key)));
    await client.del(keys);
    expect(keys).toHaveLength(2);
    expect(Number(bytes[0]) + Number(bytes[1])).toBeLessThanOrEqual(600);
  });

  test('a record is a listpack of fields of at most 64 bytes, however much is kept of a number', async () => {
    const client = (await connect()) as Redis;
    const prefix = freshKeyPrefix();
    const store = redisStore({ client, prefix });
    const record = `${prefix}:{${requests.subject}}`;
    const looksRight = async (): Promise<void> => {
      expect(await client.object('ENCODING', record)).toBe('listpack');
      expect(await longestField(client, record)).toBeLessThanOrEqual(64);
    };
    for (let index = 0; index < 7; index += 1) {
      const request = { ...begin({ purpose: `${index}`.padEnd(32, 'p'), channel: 'c'.repeat(16) }), limits: many };
      const { subject, purposeTag } = request;
      await store.begin(request);
      await looksRight();
      for (let delivery = 1; delivery <= 11; delivery += 1) {
        await store.settle({ ...request, delivery, status: 'accepted', provider: 'v'.repeat(32) });
        if (index >= 4) await store.begin({ ...request, nonce: begin().nonce });
      }
      for (let check = 0; check < 1 + (index % 2); check += 1)
        await store.check({ ...requests.check('000000', undefined, ['aB3-_x']), limits: many, purposeTag });
      if (index < 4) await store.cancel({ subject, purposeTag, limits: many });
      await looksRight();
    }
    await store.approve({ ...requests.target(), purposeTag: begin({ purpose: '6'.padEnd(32, 'p') }).purposeTag });
    await looksRight();
    const fields = await client.hkeys(record);
    expect(fields).toEqual(expect.arrayContaining(['t0', 's0', 'a0', 'w0', 'r0', 'v0', 'l0', 'e0']));
    expect(Number(await client.memory('USAGE', record))).toBeLessThan(3_500);
  });
});
