import type { Attributes, Span, Tracer } from '@opentelemetry/api';
import { PhoneproofError, ProviderError } from '../errors.ts';
import type { Provider } from '../providers/provider.ts';
import type { Verifier } from '../verifier.ts';

/** Puts OpenTelemetry spans around what takes time. No attribute holds a number, a code or a text. */
export interface Tracing {
  /** `phoneproof.start` and `phoneproof.check`. */
  verifier(verifier: Verifier): Verifier;
  /** `phoneproof.send`, one for each provider that is asked. */
  provider(provider: Provider): Provider;
}

/** Null where nobody traces: OpenTelemetry's API is not installed, or no SDK was registered before (`node --import`). Then nothing is put around anything. */
export async function findTracing(): Promise<Tracing | null> {
  try {
    const { ProxyTracerProvider, trace } = await import('@opentelemetry/api');
    const provider = trace.getTracerProvider();
    const isNobody = provider instanceof ProxyTracerProvider && !provider.getDelegateTracer('phoneproof');
    return isNobody ? null : createTracing(provider.getTracer('phoneproof'));
  } catch {
    return null;
  }
}

/** `SpanStatusCode.ERROR` and `SpanKind.CLIENT` of the API, which may not be there at run time. */
const errorStatus = 2;
const clientKind = 2;

export function createTracing(tracer: Tracer): Tracing {
  /** Does work within a span that ends with it, whatever it comes to. */
  async function within<Result>(
    name: string,
    { kind, attributes = {} }: { kind?: number; attributes?: Attributes },
    work: (span: Span) => Promise<Result>,
  ): Promise<Result> {
    const options = { attributes: prefixed(attributes), ...(kind !== undefined && { kind }) };
    return tracer.startActiveSpan(name, options, async (span) => {
      try {
        return await work(span);
      } catch (error) {
        // Not the error itself: what a library has put into it is not known.
        span.setAttribute('error.type', typeOf(error));
        span.setStatus({ code: errorStatus });
        throw error;
      } finally {
        span.end();
      }
    });
  }

  return {
    verifier: (verifier) => ({
      ...verifier,
      start(call) {
        return within('phoneproof.start', {}, async (span) => {
          const result = await verifier.start(call);
          // Only now is it known that a purpose is one, and not a number in its place.
          span.setAttributes(prefixed({ tenant: call.tenant, purpose: call.purpose, status: result.status }));
          if (result.status === 'pending') {
            const { id, channel, test } = result.verification;
            span.setAttributes(prefixed({ id, channel, repeated: !result.created, test: test || undefined }));
          }
          return result;
        });
      },
      check(call) {
        const purpose = 'purpose' in call ? call.purpose : undefined;
        return within('phoneproof.check', {}, async (span) => {
          const result = await verifier.check(call);
          span.setAttributes(prefixed({ tenant: call.tenant, purpose, status: result.status }));
          if (result.status === 'approved') {
            const { id, test } = result.verification;
            span.setAttributes(prefixed({ id, test: test || undefined }));
          }
          return result;
        });
      },
    }),
    provider: (provider) => ({
      ...provider,
      send(message, options) {
        const { channel, country, locale } = message;
        const attributes = { provider: provider.name, channel, country: country ?? undefined, locale };
        return within('phoneproof.send', { kind: clientKind, attributes }, () => provider.send(message, options));
      },
    }),
  };
}

/** What is undefined is left out by the API. */
function prefixed(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`phoneproof.${name}`, value]));
}

function typeOf(error: unknown): string {
  if (error instanceof ProviderError) return error.kind;
  return error instanceof PhoneproofError ? error.code : 'unexpected';
}
