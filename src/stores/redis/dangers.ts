import type { StrictOptions } from './acts.ts';
import type { RedisClient, RedisNode } from './client.ts';
import { failureOf } from './failures.ts';

/**
 * What endangers the promises of the store and lies with the server: a policy that evicts keys, nothing on its disk, fewer replicas than strict mode waits
 * for. On a Cluster of each primary. What the server does not let the client look at is said too.
 */
export async function inspectServers(
  client: RedisClient,
  strict: StrictOptions | undefined,
): Promise<readonly string[]> {
  // A client that has asked for nothing yet does not know the nodes.
  await client.callBuffer('ping', []);
  const nodes = client.isCluster ? (client.nodes?.('master') ?? []) : [client];
  const found = await Promise.all(nodes.map((node) => inspectServer(node, client.isCluster === true, strict)));
  return found.flat();
}

async function inspectServer(
  node: RedisNode,
  isOneOfMany: boolean,
  strict: StrictOptions | undefined,
): Promise<string[]> {
  const { host, port } = node.options ?? {};
  const server = isOneOfMany ? `The Redis server at ${host}:${port}` : 'The Redis server';
  const unseen = (what: string, why = 'it tells others'): string =>
    `${server} does not say ${what} (${why}). Make sure of it yourself.`;
  const dangers: string[] = [];

  const memory = await ask(node, 'info', 'memory');
  const policy = field(memory, 'maxmemory_policy');
  if (policy === undefined) dangers.push(unseen('what it does when its memory is full', memory.refusal));
  else if (policy !== 'noeviction') {
    dangers.push(
      `${server} drops keys when its memory is full (maxmemory-policy ${policy}): limits and wrong codes would be forgotten. Set maxmemory-policy to noeviction.`,
    );
  }

  const persistence = await ask(node, 'info', 'persistence');
  const appendOnly = field(persistence, 'aof_enabled');
  if (appendOnly !== '1') {
    const saves = await ask(node, 'config', 'get', 'save');
    if (appendOnly === undefined || saves.text === undefined) {
      dangers.push(unseen('whether it writes to its disk', persistence.refusal ?? saves.refusal));
    } else if (/^(?:save\s*)?$/.test(saves.text)) {
      dangers.push(
        `${server} writes nothing to its disk: a restart forgets limits, locks and verified numbers. Set appendonly to yes, or save to a schedule.`,
      );
    }
  }

  if (strict) {
    const replication = await ask(node, 'info', 'replication');
    const replicas = field(replication, 'connected_slaves');
    if (replicas === undefined) dangers.push(unseen('how many replicas it has', replication.refusal));
    else if (Number(replicas) < strict.replicas) {
      dangers.push(
        `${server} has ${replicas} replicas, and strict mode waits for ${strict.replicas}: every act that writes will fail.`,
      );
    }
  }
  return dangers;
}

interface Told {
  /** A list or a map as lines. */
  text?: string;
  /** Why there is no text. */
  refusal?: string;
}

async function ask(node: RedisNode, command: string, ...args: string[]): Promise<Told> {
  try {
    const reply = await node.callBuffer(command, args);
    if (Buffer.isBuffer(reply)) return { text: reply.toString() };
    const lines = Array.isArray(reply) ? reply : Object.entries(reply ?? {}).flat();
    return { text: lines.map(String).join('\n') };
  } catch (error) {
    return { refusal: failureOf(error).message };
  }
}

function field({ text = '' }: Told, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(text)?.[1];
}
