import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { virtualNumberConformance, type VirtualNumberUnderTest } from '../../src/testing/virtual-number-conformance.ts';
import { parrotNumbers } from './parrot.ts';

// What the package exports, from here.
vi.mock('phoneproof/virtual-numbers', () => import('../../src/virtual-numbers/index.ts'));

const apiKey = 'parrot-secret-key';
const json = (status: number, body: object) => ({ status, body: JSON.stringify(body) });

const underTest: VirtualNumberUnderTest = {
  open: (baseUrl, options) => parrotNumbers({ apiKey, baseUrl, ...options }),
  wanted: { country: 'US' },
  credentials: [apiKey],
  numbers: ['+12025550143', '+12025550144'],
  asks: ['acquire', 'poll', 'release'],
  actOf: ({ method }) => (({ POST: 'acquire', GET: 'poll', DELETE: 'release' }) as const)[method] ?? null,
  answer({ method }, { number, texts, leasedAtMs, isLost }) {
    if (method === 'POST') return json(201, { id: number.slice(1), number });
    if (method === 'DELETE') return { status: 204, body: '' };
    const told = texts.filter(({ atMs }) => atMs >= leasedAtMs).map(({ text }) => text);
    return isLost ? json(410, {}) : json(200, { texts: told });
  },
  tellsText: true,
  tellsSender: false,
  canBeLost: true,
  answers: [
    { name: 'a wrong key', on: 'acquire', reply: json(401, {}), is: 'auth' },
    { name: 'no credit', on: 'acquire', reply: json(402, {}), is: 'funds' },
    { name: 'nothing yet', on: 'poll', reply: json(200, { texts: [] }), is: 'waiting' },
    { name: 'gone', on: 'poll', reply: json(410, {}), is: 'lost' },
    { name: 'given back before', on: 'release', reply: json(404, {}), is: 'released' },
  ],
};

describe('the adapter of docs/virtual-numbers/README.md keeps the promises of virtual numbers:', () => {
  for (const { name, run } of virtualNumberConformance()) test(name, () => run(underTest));
});

test('the page shows this very file', () => {
  const page = readFileSync('docs/virtual-numbers/README.md', 'utf8');
  const shown = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
  expect(shown).toContain(readFileSync('test/virtual-numbers/parrot.ts', 'utf8'));
});
