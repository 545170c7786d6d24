import { callService, UnreachableError, type Answer, type ServiceAddress } from './service-call.ts';
import type { Refusal, VerificationOptions, Verifying } from './verifying.ts';

/** Has numbers verified by a running service, over its HTTP API. */
export function serviceVerifying({ url, apiKey, purpose, locale }: ServiceAddress & VerificationOptions): Verifying {
  const service = { url, apiKey };
  return {
    async ready({ signal }) {
      try {
        const answer = await callService(service, '/readyz', { signal });
        return answer.status < 500 ? { status: 'ready' } : refusalOf(answer);
      } catch (error) {
        // A proxy in front may keep the probe to itself.
        if (error instanceof UnreachableError && (error.status ?? 500) < 500) return { status: 'ready' };
        return unreachable(error);
      }
    },
    async start(to, { signal }) {
      const answer = await ask('/v1/verifications', { body: { to, purpose, locale }, signal });
      if (isRefusal(answer)) return answer;
      const { id } = answer.body;
      return answer.status < 300 && typeof id === 'string' ? { status: 'pending', id } : refusalOf(answer);
    },
    async check(id, code, { signal }) {
      const answer = await ask('/v1/verifications/check', { body: { id, code }, signal });
      if (isRefusal(answer)) return answer;
      return answer.status < 300 && answer.body['status'] === 'approved' ? { status: 'approved' } : refusalOf(answer);
    },
  };

  async function ask(path: string, call: Parameters<typeof callService>[2]): Promise<Answer | Refusal> {
    try {
      return await callService(service, path, call);
    } catch (error) {
      return unreachable(error);
    }
  }
}

function isRefusal(answer: Answer | Refusal): answer is Refusal {
  return 'reason' in answer;
}

function unreachable(error: unknown): Refusal {
  if (!(error instanceof UnreachableError)) throw error;
  return { status: 'unreachable', reason: 'no_answer', detail: error.message };
}

/** The service answers, but what it needs to send does not: that is what a run looks for. */
const ofDelivery: ReadonlySet<unknown> = new Set(['delivery_failed', 'provider_unavailable']);

function refusalOf({ status, body: { code, detail, title } }: Answer): Refusal {
  const isOut = status >= 500 && !ofDelivery.has(code);
  return {
    status: isOut ? 'unreachable' : 'refused',
    reason: typeof code === 'string' ? code : `status_${status}`,
    detail: [detail, title].find((text) => typeof text === 'string') ?? `The service answered ${status}.`,
  };
}
