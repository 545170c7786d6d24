import { describe, expect, test } from 'vitest';
import { options } from '../../../../src/server/config.ts';
import { readSettings } from '../../../../src/server/config/read-config.ts';
import { inspectLocal } from '../../../../src/server/config/safety.ts';
import { phoneAddresses } from '../../../../src/server/phone-addresses.ts';

function settingsOf(env: Record<string, string>, command: 'inbox' | 'dev' = 'inbox') {
  const sources = { command, flags: {}, env, cwd: '/nowhere' };
  return readSettings(sources, (settings) => inspectLocal(settings, env)).settings;
}

function faultsOf(env: Record<string, string>, command: 'inbox' | 'dev' = 'inbox'): readonly string[] {
  try {
    settingsOf(env, command);
    return [];
  } catch (error) {
    return (error as { faults: readonly string[] }).faults;
  }
}

const prices = options.find(({ name }) => name === 'inboxPrices')!.type;

describe('prices', () => {
  test('are a currency, and what one segment costs by what the number begins with', () => {
    const reading = prices.read('USD:*=0.05,+1=0.0083, +44 = 0.04');
    expect(reading).toEqual({ value: { currency: 'USD', perSegment: { '*': 0.05, '+1': 0.0083, '+44': 0.04 } } });
  });

  test.each([
    '',
    '*=0.05',
    'usd:*=0.05',
    'USD:',
    'USD:0.05',
    'USD:1=0.05',
    'USD:+0=1',
    'USD:+1=-1',
    'USD:+1=1e3',
    'USD:+1=',
    'USD:+1=1,+1=2',
  ])('%j are none', (text) => {
    expect(prices.read(text)).toHaveProperty('faults');
  });
});

describe('an inbox that others reach', () => {
  const open = { PHONEPROOF_HOST: '0.0.0.0' };

  test.each(['0.0.0.0', '::', '192.168.1.5', 'inbox.example.com'])(
    'on %s needs a password, and says how to make one',
    (host) => {
      const faults = faultsOf({ PHONEPROOF_HOST: host });
      expect(faults).toHaveLength(1);
      expect(faults[0]).toContain('PHONEPROOF_INBOX_PASSWORD');
      expect(faults[0]).toContain('openssl rand');
    },
  );

  test('starts with one', () => {
    const settings = settingsOf({ ...open, PHONEPROOF_INBOX_PASSWORD: 'correct-horse' });
    expect(settings).toMatchObject({ inboxPassword: 'correct-horse', inboxEmulators: 'this-machine' });
  });

  test.each(['short', 'with a blank', 'ünïcödé-horse', 'x'.repeat(129)])(
    'does not with %j, and does not repeat it',
    (password) => {
      const faults = faultsOf({ ...open, PHONEPROOF_INBOX_PASSWORD: password });
      expect(faults.join()).toContain('PHONEPROOF_INBOX_PASSWORD must be 8 to 128');
      expect(faults.join()).not.toContain(password);
    },
  );

  test('is not what dev is', () => {
    expect(faultsOf({ ...open, PHONEPROOF_INBOX_PASSWORD: 'correct-horse' }, 'dev').join()).toContain('localhost only');
  });

  test.each(['127.0.0.1', '::1', 'localhost'])('%s is not', (host) => {
    expect(faultsOf({ PHONEPROOF_HOST: host })).toEqual([]);
  });
});

test('in production the inbox runs if that is said, and dev never does', () => {
  const production = { NODE_ENV: 'production' };
  const meant = { ...production, PHONEPROOF_INBOX_ALLOW_PRODUCTION: 'true' };
  expect(faultsOf(production).join()).toContain('PHONEPROOF_INBOX_ALLOW_PRODUCTION=true');
  expect(faultsOf(meant)).toEqual([]);
  expect(faultsOf(meant, 'dev')).toHaveLength(1);
});

test('a phone reaches it by the addresses of this machine in its networks, where it listens there', () => {
  const address = (text: string, family: 'IPv4' | 'IPv6', internal = false) =>
    ({ address: text, family, internal }) as ReturnType<typeof import('node:os').networkInterfaces>[string] extends
      (infer One)[] | undefined
      ? One
      : never;
  const interfaces = {
    lo: [address('127.0.0.1', 'IPv4', true), address('::1', 'IPv6', true)],
    eth0: [address('192.168.1.5', 'IPv4'), address('fe80::1', 'IPv6')],
    wlan0: [address('10.0.0.7', 'IPv4')],
  };
  const all = ['http://192.168.1.5:8025', 'http://10.0.0.7:8025'];
  expect(phoneAddresses('0.0.0.0', '8025', interfaces)).toEqual(all);
  expect(phoneAddresses('::', '8025', interfaces)).toEqual(all);
  expect(phoneAddresses('192.168.1.5', '80', interfaces)).toEqual(['http://192.168.1.5:80']);
  expect(phoneAddresses('2001:db8::1', '80', interfaces)).toEqual(['http://[2001:db8::1]:80']);
  for (const host of ['127.0.0.1', 'localhost', '::1']) expect(phoneAddresses(host, '80', interfaces)).toEqual([]);
});
