import { ProblemError } from '../problem.ts';
import type { Route } from '../route.ts';
import { health } from '../schemas.ts';

/** Resolves when calls can be taken: the store is reachable. False, or a rejection: they cannot. */
export type Ready = () => Promise<boolean | void>;

/** The calls by which an orchestrator asks how the process is. */
export function healthRoutes(ready: Ready | undefined): readonly Route[] {
  return [
    {
      method: 'get',
      path: '/livez',
      open: true,
      docs: {
        id: 'getLiveness',
        group: 'Health',
        title: 'Is the process alive?',
        about: 'Answers as long as the process does. Asks nothing else.',
        answers: { 200: { when: 'It is.', schema: health } },
        problems: [],
      },
      handle: async () => ({ status: 200, body: { status: 'ok' } }),
    },
    {
      method: 'get',
      path: '/readyz',
      open: true,
      docs: {
        id: 'getReadiness',
        group: 'Health',
        title: 'Can it take calls?',
        about: 'Says whether the store is reachable and the service is not about to end.',
        answers: { 200: { when: 'It can.', schema: health } },
        problems: ['not_ready'],
      },
      async handle() {
        if (await isReady(ready)) return { status: 200, body: { status: 'ok' } };
        throw notReady();
      },
    },
  ];
}

async function isReady(ready: Ready | undefined): Promise<boolean> {
  try {
    return (await ready?.()) !== false;
  } catch (cause) {
    throw notReady(cause);
  }
}

function notReady(cause?: unknown): ProblemError {
  return new ProblemError({ code: 'not_ready' }, { cause });
}
