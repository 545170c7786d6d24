import { Cluster, Redis } from 'ioredis';
import { lifetimeMs, maxChecks, maxSends, sendWindowMs, type Engine } from './engine.ts';

/** KEYS: the number. ARGV: digest, now. Returns 1 unless there were too many sends. */
const start = `
local now = tonumber(ARGV[2])
local row = redis.call('HMGET', KEYS[1], 'sends', 'window_ends_at')
local sends, window_ends_at = tonumber(row[1] or 0), tonumber(row[2] or 0)
if now >= window_ends_at then sends, window_ends_at = 0, now + ${sendWindowMs} end
if sends >= ${maxSends} then return 0 end
redis.call('HSET', KEYS[1], 'sends', sends + 1, 'window_ends_at', window_ends_at,
  'digest', ARGV[1], 'expires_at', now + ${lifetimeMs}, 'checks_left', ${maxChecks})
redis.call('PEXPIREAT', KEYS[1], math.max(window_ends_at, now + ${lifetimeMs}))
return 1`;

/** KEYS: the number. ARGV: digest, now. Returns 1 for the right digest, once. */
const check = `
local row = redis.call('HMGET', KEYS[1], 'digest', 'expires_at', 'checks_left')
if not row[1] or tonumber(ARGV[2]) >= tonumber(row[2]) or tonumber(row[3]) == 0 then return 0 end
if row[1] ~= ARGV[1] then
  redis.call('HINCRBY', KEYS[1], 'checks_left', -1)
  return 0
end
redis.call('HDEL', KEYS[1], 'digest')
return 1`;

type Script = (key: string, digest: Buffer, nowMs: number) => Promise<unknown>;
interface Client {
  startNumber: Script;
  checkNumber: Script;
  quit(): Promise<unknown>;
}

/** One script a verb, called by its digest. */
export function redisEngine(address: string): Engine {
  const { prefix, client } = connect(address);
  const keyOf = (to: string): string => `${prefix}:{${to}}`;
  return {
    start: async (to, digest, nowMs) => (await client.startNumber(keyOf(to), digest, nowMs)) === 1,
    check: async (to, digest, nowMs) => (await client.checkNumber(keyOf(to), digest, nowMs)) === 1,
    close: async () => void (await client.quit()),
  };
}

function connect(address: string): { prefix: string; client: Client } {
  const scripts = {
    startNumber: { lua: start, numberOfKeys: 1 },
    checkNumber: { lua: check, numberOfKeys: 1 },
  };
  const [, scheme, hosts = '', prefix = ''] = /^([\w-]+):\/\/([^?]*)(?:\?prefix=(.*))?$/.exec(address) ?? [];
  const nodes = hosts.split(',').map((host) => `redis://${host}`);
  const client = scheme === 'redis-cluster' ? new Cluster(nodes, { scripts }) : new Redis(nodes[0]!, { scripts });
  return { prefix, client: client as unknown as Client };
}
