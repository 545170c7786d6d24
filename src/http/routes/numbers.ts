import type { z } from 'zod';
import type { Call, Reply, Route } from '../route.ts';
import type { Refusal } from '../problem.ts';
import { numberInput, numberStatus, testMark } from '../schemas.ts';

type NumberInput = z.infer<typeof numberInput>;

const lookupDocs = {
  group: 'Numbers',
  title: 'Look up a number',
  about: 'Says whether a number is verified, and since when. A moment in time: numbers change hands.',
  answers: { 200: { when: 'Whether it is.', schema: numberStatus } },
  problems: ['invalid_phone_number'],
} as const;

const eraseDocs = {
  group: 'Numbers',
  title: 'Erase a number',
  about:
    'Deletes everything about a number: its verifications, its texts, that it was verified. ' +
    'Counters hold no number and end with their windows, so that erasing refills nothing.',
  answers: { 204: { when: 'Nothing about the number is left.' } },
  problems: ['invalid_phone_number'],
} as const;

async function lookup({ verifier, tenant, input }: Call<NumberInput>): Promise<Reply | Refusal> {
  const result = await verifier.lookup({ ...input, tenant });
  switch (result.status) {
    case 'verified':
      return answer({
        to: result.to,
        ...testMark(result),
        verified: true,
        verified_at: result.verifiedAt.toISOString(),
      });
    case 'unverified':
      return answer({ to: result.to, ...testMark(result), verified: false });
    default:
      return result;
  }
}

function answer(body: z.infer<typeof numberStatus>): Reply {
  return { status: 200, body };
}

async function erase({ verifier, tenant, input }: Call<NumberInput>): Promise<Reply | Refusal> {
  const result = await verifier.erase({ ...input, tenant });
  return result.status === 'erased' ? { status: 204 } : result;
}

async function unlock({ verifier, tenant, input }: Call<NumberInput>): Promise<Reply | Refusal> {
  const result = await verifier.unlock({ ...input, tenant });
  return result.status === 'unlocked' ? { status: 204 } : result;
}

const routes: readonly Route<NumberInput>[] = [
  {
    method: 'post',
    path: '/v1/numbers/lookup',
    takes: 'body',
    input: numberInput,
    docs: { id: 'lookupNumber', ...lookupDocs },
    handle: lookup,
  },
  {
    method: 'post',
    path: '/v1/numbers/erase',
    takes: 'body',
    input: numberInput,
    docs: { id: 'eraseNumber', ...eraseDocs },
    handle: erase,
  },
  {
    method: 'post',
    path: '/v1/numbers/unlock',
    takes: 'body',
    input: numberInput,
    docs: {
      id: 'unlockNumber',
      group: 'Numbers',
      title: 'Unlock a number',
      about: 'Lifts the lock of too many wrong checks in a row. The limit of wrong checks in 24 hours stays as it is.',
      answers: { 204: { when: 'It is not locked (any more).' } },
      problems: ['invalid_phone_number'],
    },
    handle: unlock,
  },
  {
    method: 'get',
    path: '/v1/numbers/{to}',
    takes: 'path',
    input: numberInput,
    docs: {
      id: 'getNumber',
      ...lookupDocs,
      title: 'Look up, by path',
      about: `${lookupDocs.about} Paths end up in the logs of proxies: prefer the POST.`,
    },
    handle: lookup,
  },
  {
    method: 'delete',
    path: '/v1/numbers/{to}',
    takes: 'path',
    input: numberInput,
    docs: {
      id: 'deleteNumber',
      ...eraseDocs,
      title: 'Erase, by path',
      about: `${eraseDocs.about} Paths end up in the logs of proxies: prefer the POST.`,
    },
    handle: erase,
  },
];

/** The calls about numbers. */
export const numberRoutes: readonly Route[] = routes;
