import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { parrotProvider } from '../../examples/provider.ts';
import { providerConformance } from '../../src/testing/provider-conformance.ts';
import type { ProviderUnderTest } from '../../src/testing/provider-cases/case.ts';

// What the package exports, from here.
vi.mock('phoneproof', () => import('../../src/index.ts'));

const apiKey = 'parrot-secret-key';
const json = (status: number, body: object) => ({ status, body: JSON.stringify(body) });

const underTest: ProviderUnderTest = {
  open: (baseUrl) => parrotProvider({ apiKey, baseUrl }),
  credentials: [apiKey],
  accepted: (id) => json(201, { id }),
  failures: [
    { name: 'a number that is none', reply: json(400, { error: 'bad_number' }), kind: 'invalid_number' },
    { name: 'a person who wants none', reply: json(400, { error: 'stopped' }), kind: 'opted_out' },
    { name: 'the same within an answer of 200', reply: json(200, { error: 'stopped' }), kind: 'opted_out' },
    { name: 'no credit', reply: json(402, {}), kind: 'funds' },
    { name: 'too many', reply: json(429, { error: 'slow_down' }), kind: 'rate_limited' },
  ],
  readRequest({ body }) {
    const { to, text } = JSON.parse(body) as { to: string; text: string };
    return { to, text };
  },
};

describe('the adapter of docs/writing-a-provider.md keeps the promises of a provider:', () => {
  test('of which there are many', () => {
    expect(providerConformance().length).toBeGreaterThan(20);
  });
  for (const { name, run } of providerConformance()) test(name, () => run(underTest));
});

test('the page shows this very file', () => {
  const [, shown] = /```ts\n(.*?)```/s.exec(readFileSync('docs/writing-a-provider.md', 'utf8')) ?? [];
  expect(shown).toBe(readFileSync('examples/provider.ts', 'utf8'));
});
