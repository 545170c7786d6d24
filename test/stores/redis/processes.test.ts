import { freshKeyPrefix, redisClusterNodes, redisUrl } from '../../servers/shared.ts';
import { testRacingProcesses } from '../racing-processes.ts';
import { describe } from 'vitest';

describe('on Redis', () => {
  testRacingProcesses('redis', async () => `${await redisUrl()}?prefix=${freshKeyPrefix()}`);
});

describe('on a Redis Cluster', () => {
  testRacingProcesses('redis', async () => {
    const [node] = await redisClusterNodes();
    return `redis-cluster://${node?.host}:${node?.port}?prefix=${freshKeyPrefix()}`;
  });
});
