import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { inject } from 'vitest';
import type { Address } from './redis-cluster.ts';

/** What `global-setup.ts` starts when it is asked for it. */
export interface SharedServers {
  redis: string;
  valkey: string;
  redisCluster: readonly Address[];
  postgres: string;
  pgbouncer: string;
}

declare module 'vitest' {
  export interface ProvidedContext {
    sharedServersPort: number;
  }
}

/** A Redis that all test files share: what TEST_REDIS_URL names, else one that is started when it is first asked for. */
export async function redisUrl(): Promise<string> {
  return process.env['TEST_REDIS_URL'] || ask('redis');
}

/** A Valkey that all test files share: what TEST_VALKEY_URL names, else one that is started when it is first asked for. */
export async function valkeyUrl(): Promise<string> {
  return process.env['TEST_VALKEY_URL'] || ask('valkey');
}

/** The nodes of a Redis Cluster that all test files share: what TEST_REDIS_CLUSTER_NODES names (`host:port,host:port`), else one of ours. */
export async function redisClusterNodes(): Promise<readonly Address[]> {
  const named = process.env['TEST_REDIS_CLUSTER_NODES'];
  if (!named) return ask('redisCluster');
  return named.split(',').map((node) => {
    const { hostname, port } = new URL(`redis://${node.trim()}`);
    return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 6379) };
  });
}

/** A PostgreSQL that all test files share: what TEST_POSTGRES_URL names, else one that is started when it is first asked for. */
export async function postgresUrl(): Promise<string> {
  return process.env['TEST_POSTGRES_URL'] || ask('postgres');
}

/** The shared PostgreSQL through a PgBouncer in transaction mode: what TEST_PGBOUNCER_URL names, else one of ours. */
export async function pgbouncerUrl(): Promise<string> {
  return process.env['TEST_PGBOUNCER_URL'] || ask('pgbouncer');
}

/** A prefix of keys that no other test uses. */
export function freshKeyPrefix(): string {
  return `test-${randomBytes(6).toString('hex')}:`;
}

/** The name of a schema that no other test uses. The caller creates and drops it. */
export function freshSchemaName(): string {
  return `test_${randomBytes(6).toString('hex')}`;
}

async function ask<Name extends keyof SharedServers>(name: Name): Promise<SharedServers[Name]> {
  const port = inject('sharedServersPort');
  // Not fetch, which tests replace and which gives up on a first start that takes long.
  const { statusCode, body } = await new Promise<{ statusCode?: number | undefined; body: string }>(
    (resolve, reject) => {
      get({ host: '127.0.0.1', port, path: `/${name}` }, (response) => {
        text(response).then((content) => resolve({ statusCode: response.statusCode, body: content }), reject);
      }).once('error', reject);
    },
  );
  if (statusCode !== 200) throw new Error(body);
  return JSON.parse(body) as SharedServers[Name];
}
