import type { RedisClient } from '../../../src/stores/redis/index.ts';

/** A client that sends every command twice and tells the second answer, as one does that lost its connection before the first one came. */
export function sendingTwice(client: RedisClient): RedisClient {
  return {
    isCluster: client.isCluster ?? false,
    async callBuffer(command, args) {
      await client.callBuffer(command, args);
      return client.callBuffer(command, args);
    },
    pipeline: () => client.pipeline(),
  };
}
