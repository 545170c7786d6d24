import type { Addressee, Addressees, ParsedNumber } from './addressee.ts';
import { createSealer, digestCode, generateCode, openSeal } from './code.ts';
import { handOver } from './delivery.ts';
import { DeliveryError, InvalidRequestError } from './errors.ts';
import type { VerifierEvent } from './events.ts';
import { parseIpAddress } from './ip-address.ts';
import type { Keyring } from './keyring.ts';
import { createBroadLimits } from './limits.ts';
import { formatPhoneNumber, maskPhoneNumber, type PhoneNumber } from './phone-number.ts';
import type { Policy } from './policy.ts';
import type { HandOver, Message, Provider } from './providers/provider.ts';
import { randomBytes } from './random.ts';
import type { Receipts } from './receipts.ts';
import { destinationRefusal, limitRefusal, providerRefusal } from './refusals.ts';
import { assertArguments, isCode, type StartOptions } from './requests.ts';
import type { StartResult } from './results.ts';
import type { BeginRequest, BeginOutcome, CodeSecret, SettledHandOver, Store } from './stores/store.ts';
import { testProvider, type TestNumber } from './test-numbers.ts';
import type { Texts } from './texts/texts.ts';

/** What a start works with. */
export interface StartParts {
  store: Store;
  provider: Provider;
  keyring: Keyring;
  addressees: Addressees;
  receipts: Receipts;
  texts: Texts;
  /** Resolves before the first verb of the store. */
  ready(): Promise<void>;
  tell(event: VerifierEvent): void;
  /** Keeps work that goes on after the answer. */
  afterAnswer(work: Promise<void>): void;
}

/** The use-case `start`: understand the number, charge and record in one act of the store, and only then send. */
export function createStart(parts: StartParts): (call: StartOptions) => Promise<StartResult> {
  const { store, provider, keyring, addressees, receipts, texts, tell } = parts;
  const keyIds = keyring.all.map(({ keyId }) => keyId);
  const broadLimits = createBroadLimits(keyring);

  return async function start(call) {
    assertArguments(call);
    const channel = call.channel ?? 'sms';
    const tenant = call.tenant ?? 'default';
    const purpose = call.purpose ?? 'default';
    if (!provider.channels.includes(channel)) {
      throw new InvalidRequestError([
        { pointer: '/channel', detail: `must be one of: ${provider.channels.join(', ')}` },
      ]);
    }
    const notToBeHad = texts.refusal(call.hint);
    if (notToBeHad !== null) throw new InvalidRequestError([{ pointer: '/hint', detail: notToBeHad }]);
    const parsed = addressees.parse(call);
    function refuse<Refusal extends StartResult>(refusal: Refusal, to: string | null, limit: string | null): Refusal {
      const told = { tenant, to, purpose, reason: refusal.status, limit };
      tell({ type: 'start.refused', ...told, ...('test' in parsed && { test: true }) });
      return refusal;
    }
    if (!('number' in parsed)) return refuse(parsed, null, null);
    const { number, test } = parsed;
    const masked = maskPhoneNumber(number.e164);
    const addressee = addressees.ofNumber(parsed, tenant, purpose);
    const notAllowed = test ? null : destinationRefusal(number, addressee.policy);
    if (notAllowed) return refuse(notAllowed, masked, null);

    const newCode = codeFor(call, addressee.policy, test);
    await parts.ready();
    const request = beginRequest(call, parsed, addressee, purpose, channel, newCode);
    let begun = await store.begin(request);
    if (test && begun.outcome === 'repeated' && codeOf(begun.secret, addressee) !== test.code) {
      // Its code was another one in the configuration when it was begun.
      begun = await store.begin({ ...request, repeatKeyIds: [] });
    }
    if (begun.outcome === 'refused') return refuse(limitRefusal(begun, addressee.policy), masked, begun.limit);
    return await send(call, number, masked, addressee, channel, begun, newCode);
  };

  function beginRequest(
    call: StartOptions,
    parsed: ParsedNumber,
    addressee: Addressee,
    purpose: string,
    channel: string,
    code: string,
  ): BeginRequest {
    const { tenant, subject, purposeTag, policy, limits } = addressee;
    const ip = call.ip === undefined ? null : parseIpAddress(call.ip);
    const keys = keyring.current;
    const seal = createSealer(keys, subject);
    return {
      subject,
      purpose,
      purposeTag,
      channel,
      number: seal('number', addressees.sealed(parsed)),
      nonce: randomBytes(16).toString('base64url'),
      secret: {
        keyId: keys.keyId,
        digest: digestCode(keys, addressee, code),
        seal: seal(purposeTag, code),
        codeLength: code.length,
      },
      repeatKeyIds: call.code === undefined && policy.resend === 'same_code' ? keyIds : [],
      limits,
      broadLimits: broadLimits(policy, { tenant, subject, country: parsed.number.country, ip }),
    };
  }

  /** Recorded and charged: now the text may go out. */
  async function send(
    call: StartOptions,
    number: PhoneNumber,
    masked: string,
    addressee: Addressee,
    channel: string,
    begun: Exclude<BeginOutcome, { outcome: 'refused' }>,
    newCode: string,
  ): Promise<StartResult> {
    const { tenant, subject, purposeTag, policy, test } = addressee;
    const { delivery } = begun;
    const { nonce, purpose } = begun.verification;
    const repeated = begun.outcome === 'repeated';
    const code = repeated ? codeOf(begun.secret, addressee) : newCode;
    const verification = addressees.present(begun.verification, addressee);
    if (code === null || verification === null) throw new Error('The store returned a seal that it was not given.');
    const about = { tenant, to: masked, purpose, id: verification.id, delivery, ...(test && { test }) };
    tell({ type: 'verification.started', ...about, repeated, country: number.country });

    const failed = (thrown: unknown): void =>
      tell({ type: 'settle.failed', ...about, error: thrown instanceof Error ? thrown : new Error(String(thrown)) });

    const answer = (handOvers: readonly SettledHandOver[], notice: string): StartResult => {
      const at = verification.deliveries.pop()?.at ?? verification.createdAt;
      verification.deliveries.push(...handOvers.map(({ provider: name, status }) => ({ provider: name, status, at })));
      return { status: 'pending', created: !repeated, verification, notice };
    };

    const reader = { locale: call.locale, country: number.country, tenant };
    if (test) {
      const handOvers = [{ provider: testProvider, status: 'delivered' }] as const;
      parts.afterAnswer(store.settle({ subject, purposeTag, nonce, delivery, handOvers }).catch(failed));
      return answer(handOvers, texts.testNotice(reader));
    }

    const { expiresAtMs, lastSendAtMs, deliveries } = begun.verification;
    const lifetimeSeconds = Math.floor((expiresAtMs - lastSendAtMs) / 1_000);
    const { text, locale, template } = texts.text(reader, { code, lifetimeSeconds, hint: call.hint });
    const reference = receipts.referenceOf({ tenant, id: verification.id, delivery });
    const message: Message = {
      to: number.e164,
      country: number.country,
      text,
      code,
      channel,
      locale,
      ...(template && { template }),
      lifetimeSeconds,
      reference,
      receiptUrl: (name) => receipts.urlOf(name, reference),
      earlier: deliveries
        .filter((one) => one.delivery < delivery)
        .map((one) => ({ provider: one.provider, status: one.status, ageMs: lastSendAtMs - one.atMs })),
    };
    const sent = await handOver(provider, message, provider.timeoutMs ?? policy.sendTimeoutSeconds * 1_000);

    async function settle(handOvers: readonly HandOver[], messageId?: string): Promise<void> {
      const { country } = number;
      for (const { provider: name, status, errorKind, durationMs } of handOvers) {
        tell({ type: 'delivery.settled', ...about, country, provider: name, status, errorKind, durationMs });
      }
      // What fails of it stays as it is, which promises nothing: the answer stands. Each by itself, so that a receipt can still mend what could not be written down.
      const took = handOvers.at(-1);
      await Promise.all([
        store.settle({ subject, purposeTag, nonce, delivery, handOvers }).catch(failed),
        took && messageId !== undefined
          ? receipts.remember(took.provider, messageId, reference).catch(failed)
          : undefined,
      ]);
    }

    if (sent.status === 'rejected') {
      await settle(sent.handOvers);
      const { kind, retryAfterSeconds } = sent.error;
      const refusal = providerRefusal(kind);
      if (refusal) return refusal;
      throw new DeliveryError(kind === 'filtered' ? 'delivery_failed' : 'provider_unavailable', {
        kind,
        retryAfterSeconds,
        verificationId: verification.id,
        cause: sent.error,
      });
    }
    if (sent.status === 'accepted') parts.afterAnswer(settle(sent.handOvers, sent.messageId));
    else {
      parts.afterAnswer(settle(sent.handOvers));
      const { handOvers } = sent;
      const startedAtMs = performance.now();
      void sent.late.then((took) => {
        if (!took) return;
        const before = handOvers.find((one) => one.provider === took.provider)?.durationMs ?? 0;
        const durationMs = before + performance.now() - startedAtMs;
        const late = { provider: took.provider, status: 'accepted', errorKind: null, durationMs } as const;
        parts.afterAnswer(settle([late], took.messageId));
      });
    }
    return answer(sent.handOvers, texts.notice(reader, formatPhoneNumber(number.e164)));
  }

  /** Null where the store returned what it was not given. */
  function codeOf({ seal }: CodeSecret, { subject, purposeTag }: Addressee): string | null {
    return openSeal(keyring, subject, purposeTag, seal);
  }
}

/** A new code, that of a test number, or the caller's own where the policy allows it. */
function codeFor(call: StartOptions, policy: Policy, test: TestNumber | undefined): string {
  if (call.code === undefined) return test?.code ?? generateCode(policy.codeLength);
  if (!policy.allowOwnCode) {
    throw new InvalidRequestError([{ pointer: '/code', detail: 'is not allowed by the policy (allowOwnCode)' }]);
  }
  if (test) {
    const detail = 'is not taken for a test number: its code stands in the configuration';
    throw new InvalidRequestError([{ pointer: '/code', detail }]);
  }
  if (!isCode(call.code)) {
    throw new InvalidRequestError([{ pointer: '/code', detail: 'must be a string of 4 to 10 digits' }]);
  }
  return call.code;
}
