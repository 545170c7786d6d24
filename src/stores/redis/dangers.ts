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
  const [memory, persistence, replication] = await Promise.all(
    ['memory', 'persistence', 'replication'].map((section) => ask(node, 'info', section)),
  );
  const unseen = (what: string, why: string): string =>
    `${server} does not say ${what} (${why}). Make sure of it yourself.`;
  return [...evictionDangers(memory), ...(await persistenceDangers(persistence)), ...replicationDangers(replication)];

  function evictionDangers(told: Told | undefined): string[] {
    const policy = told?.text && field(told.text, 'maxmemory_policy');
    if (!policy) return [unseen('what it does when its memory is full', told?.refusal ?? 'no maxmemory_policy')];
    if (policy === 'noeviction') return [];
    return [
      `${server} drops keys when its memory is full (maxmemory-policy ${policy}): limits and wrong codes would be forgotten. Set maxmemory-policy to noeviction.`,
    ];
  }

  async function persistenceDangers(told: Told | undefined): Promise<string[]> {
    const appendOnly = told?.text && field(told.text, 'aof_enabled');
    if (appendOnly === '1') return [];
    const saves = await ask(node, 'config', 'get', 'save');
    if (appendOnly === undefined || saves.text === undefined) {
      return [unseen('whether it writes to its disk', told?.refusal ?? saves.refusal ?? 'no aof_enabled')];
    }
    if (saves.text.replace(/^save\n/, '') !== '') return [];
    return [
      `${server} writes nothing to its disk: a restart forgets limits, locks and verified numbers. Set appendonly to yes, or save to a schedule.`,
    ];
  }

  function replicationDangers(told: Told | undefined): string[] {
    if (!strict) return [];
    const replicas = told?.text && field(told.text, 'connected_slaves');
    if (!replicas) return [unseen('how many replicas it has', told?.refusal ?? 'no connected_slaves')];
    if (Number(replicas) >= strict.replicas) return [];
    return [
      `${server} has ${replicas} replicas, and strict mode waits for ${strict.replicas}: every act that writes will fail.`,
    ];
  }
}

interface Told {
  /** A list as lines. */
  text?: string;
  /** Why there is no text. */
  refusal?: string;
}

async function ask(node: RedisNode, command: string, ...args: string[]): Promise<Told> {
  try {
    const reply = await node.callBuffer(command, args);
    return { text: Array.isArray(reply) ? reply.map(String).join('\n') : String(reply) };
  } catch (error) {
    return { refusal: failureOf(error).message };
  }
}

function field(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1];
}
