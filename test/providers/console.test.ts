import { expect, test } from 'vitest';
import { consoleProvider } from '../../src/providers/console.ts';
import type { Message } from '../../src/providers/provider.ts';

const message: Message = {
  to: '+12025550143',
  country: 'US',
  text: '493817 is your Example code. Never share it.\n\n@example.com #493817',
  code: '493817',
  channel: 'sms',
  locale: 'en',
  lifetimeSeconds: 600,
  reference: 'reference-1',
  receiptUrl: () => null,
  earlier: [],
};
const { signal } = new AbortController();

test('prints the number and every line of the text', async () => {
  const written: string[] = [];
  const provider = consoleProvider({ write: (line) => written.push(line) });
  expect(await provider.send(message, { signal })).toEqual({ messageId: 'reference-1' });
  const printed = written.join('');
  expect(printed).toContain(message.to);
  for (const line of message.text.split('\n')) expect(printed).toContain(line);
  expect(printed.endsWith('\n')).toBe(true);
});

test('is called console and carries texts', () => {
  expect(consoleProvider()).toMatchObject({ name: 'console', channels: ['sms'] });
});
