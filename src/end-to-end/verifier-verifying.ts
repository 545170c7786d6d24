import { DeliveryError, StoreError } from '../errors.ts';
import type { Verifier } from '../verifier.ts';
import type { Refusal, VerificationOptions, Verifying } from './verifying.ts';

/** Has numbers verified by a verifier of this process. */
export function verifierVerifying({
  verifier,
  purpose,
  locale,
}: VerificationOptions & { verifier: Pick<Verifier, 'ready' | 'start' | 'check'> }): Verifying {
  const about = { ...(purpose !== undefined && { purpose }), ...(locale !== undefined && { locale }) };
  return {
    async ready({ signal }) {
      signal.throwIfAborted();
      return orRefusal(async () => {
        await verifier.ready();
        return { status: 'ready' };
      });
    },
    async start(to, { signal }) {
      signal.throwIfAborted();
      return orRefusal(async () => {
        const result = await verifier.start({ to, ...about });
        return result.status === 'pending' ? { status: 'pending', id: result.verification.id } : refused(result);
      });
    },
    async check(id, code, { signal }) {
      signal.throwIfAborted();
      return orRefusal(async () => {
        const result = await verifier.check({ id, code });
        return result.status === 'approved' ? { status: 'approved' } : refused(result);
      });
    },
  };
}

function refused({ status, detail }: { status: string; detail: string }): Refusal {
  return { status: 'refused', reason: status, detail };
}

/** What the infrastructure caused, as the service would answer it. */
async function orRefusal<Result>(act: () => Promise<Result | Refusal>): Promise<Result | Refusal> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof DeliveryError)
      return refused({ status: error.code, detail: `${error.message} (${error.kind})` });
    if (error instanceof StoreError) return { status: 'unreachable', reason: error.code, detail: error.message };
    throw error;
  }
}
