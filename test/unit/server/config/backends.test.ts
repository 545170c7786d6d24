import { describe, expect, test } from 'vitest';
import { storeChoice } from '../../../../src/server/config/backends.ts';
import { findOptions } from '../../../../src/server/config/read-config.ts';
import { printedOptions } from '../../../../src/server/config/print-config.ts';

const noOptions = { prefix: undefined, replicas: undefined };

function value(address: string): unknown {
  const reading = storeChoice.read(address);
  return 'value' in reading ? reading.value : reading.faults;
}

describe('the address of a store', () => {
  test.each([
    ['memory:', { kind: 'memory' }],
    ['sqlite:/var/lib/a b.db', { kind: 'sqlite', path: '/var/lib/a b.db' }],
    ['redis://cache:6380/2', { kind: 'redis', url: 'redis://cache:6380/2', options: noOptions }],
    [
      'rediss://me:p%40ss@cache?prefix=app:pp&replicas=2',
      { kind: 'redis', url: 'rediss://me:p%40ss@cache', options: { prefix: 'app:pp', replicas: 2 } },
    ],
    [
      'redis-cluster://a:7000,b,[::1]:7002',
      {
        kind: 'redis-cluster',
        nodes: [
          { host: 'a', port: 7000 },
          { host: 'b', port: 6379 },
          { host: '::1', port: 7002 },
        ],
        username: undefined,
        password: undefined,
        tls: false,
        options: noOptions,
      },
    ],
    [
      'redis-cluster://me:p%40ss@a:7000/?tls=true&replicas=1&prefix=x',
      {
        kind: 'redis-cluster',
        nodes: [{ host: 'a', port: 7000 }],
        username: 'me',
        password: 'p@ss',
        tls: true,
        options: { prefix: 'x', replicas: 1 },
      },
    ],
    [
      'postgres://me:pw@db:5433/app?sslmode=require&schema=otp&connections=20',
      {
        kind: 'postgres',
        url: 'postgres://me:pw@db:5433/app?sslmode=require',
        schema: 'otp',
        connections: 20,
      },
    ],
    [
      'postgresql:///app?host=/var/run/postgresql',
      {
        kind: 'postgres',
        url: 'postgresql:///app?host=%2Fvar%2Frun%2Fpostgresql',
        schema: undefined,
        connections: undefined,
      },
    ],
  ])('%s', (address, choice) => {
    expect(value(address)).toEqual(choice);
  });

  test.each([
    'mysql://me:hunter2@db/app',
    'hunter2',
    'memory:hunter2',
    'sqlite:',
    'sqlite::memory:',
    'redis:hunter2',
    'redis://',
    'redis://:hunter2@cache/not-a-number',
    'redis://:hunter2@cache?replicas=0',
    'redis://:hunter2@cache?replicas=ten',
    'redis://:hunter2@cache?prefix={hunter2}',
    'redis://:hunter2@cache?password=hunter2',
    'redis-cluster://',
    'redis-cluster://a:7000,,b:7000',
    'redis-cluster://a:port',
    'redis-cluster://me:hunter2@a?tls=perhaps',
    'redis-cluster://me:hunter2@hunter2@a:7000,b:7000',
    'redis-cluster://me:%zzhunter2@a:7000',
    'redis://me:%zzhunter2@a:7000',
    'redis://me:12#hunter2@a:7000',
    'postgres://me:#hunter2@db/app',
    'postgres://me:12/hunter2@db/app',
    'postgres:hunter2@db:port:port',
    'postgres://me:hunter2@db:port/app',
    'postgres://me:hunter2@db/app?connections=0',
    'postgres://me:hunter2@db/app?connections=many',
  ])('%s is a fault that does not repeat it', (address) => {
    const reading = storeChoice.read(address);
    expect('faults' in reading && reading.faults).toHaveLength(1);
    expect(JSON.stringify(reading)).not.toContain('hunter2');
  });

  test.each([
    ['redis://me:hunter2@cache:6380/2', 'redis://cache:6380/2'],
    ['redis-cluster://me:hunter2@a:7000,b:7001', 'redis-cluster://a:7000,b:7001'],
    ['postgres://me:hunter2@db/app?password=hunter2', 'postgres://db/app'],
  ])('%s is shown without its password', (address, shown) => {
    const { findings } = findOptions({ command: 'serve', flags: {}, env: { PHONEPROOF_STORE: address }, cwd: '/' });
    const printed = printedOptions(findings).find(({ name }) => name === 'store');
    expect(printed?.value).toBe(shown);
  });
});
