import type { z } from 'zod';
import { ProblemError } from '../problem.ts';
import type { Received } from '../received.ts';
import type { Route } from '../route.ts';
import { receiptInput } from '../schemas.ts';

/** More than any vendor sends, a batch of receipts included. */
const maxReceiptBytes = 65_536;

const receive: Route<z.infer<typeof receiptInput>> = {
  method: 'post',
  path: '/v1/receipts/{provider}/{token}',
  open: true,
  takes: 'bytes',
  input: receiptInput,
  docs: {
    id: 'receiveReceipt',
    group: 'Receipts',
    title: 'Take a delivery receipt',
    about:
      'Where vendors tell what became of texts: the address goes out with each text, or is given to the vendor once. It takes what the vendor sends, whatever its type, and no key: ' +
      "the vendor's own signature says who sent it. It approves nobody.",
    answers: {
      204: {
        when: 'It is received. Also where nothing is known of its texts (any more), so that the vendor does not tell again.',
      },
    },
    problems: ['receipt_refused', 'store_unavailable', 'internal_error'],
  },
  async handle({ verifier, input, received }) {
    const { provider, token } = input;
    const request = {
      method: received.method,
      headers: received.headers(),
      body: await readBytes(received),
      nowMs: Date.now(),
    };
    const { search } = new URL(received.url);
    const { status } = await verifier.receive({ provider, token, search, request });
    if (status === 'receipt_refused') throw new ProblemError({ code: status });
    return { status: 204 };
  },
};

async function readBytes(received: Received): Promise<Uint8Array> {
  try {
    return await received.body(maxReceiptBytes);
  } catch (error) {
    if (error instanceof ProblemError) throw error;
    throw new ProblemError({
      code: 'receipt_refused',
      detail: 'The body cannot be read: it ended early, or something has read it before.',
    });
  }
}

/** The calls of vendors. */
export const receiptRoutes: readonly Route[] = [receive];
