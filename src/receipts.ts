import { timingSafeEqual } from 'node:crypto';
import { createSealer, openSeal } from './code.ts';
import { ConfigurationError, ReceiptError, StoreError } from './errors.ts';
import type { VerifierEvent } from './events.ts';
import { hmac, keyFor, type Keyring } from './keyring.ts';
import type { Provider, Receipt } from './providers/provider.ts';
import { randomBytes } from './random.ts';
import type { ReceiptOptions } from './requests.ts';
import type { ReceiptResult } from './results.ts';
import type { Store } from './stores/store.ts';
import type { TestNumbers } from './test-numbers.ts';
import { decodeId } from './verification-id.ts';

/** What receipts work with. */
export interface ReceiptParts {
  store: Store;
  provider: Provider;
  keyring: Keyring;
  /** Where `POST {receiptsUrl}/{provider}/{token}` comes in from outside; null: nowhere. */
  receiptsUrl: string | null;
  ready(): Promise<void>;
  wait(ms: number): Promise<void>;
  tell(event: VerifierEvent): void;
  testNumbers: Pick<TestNumbers, 'isSubject'> | undefined;
}

/** Which send a message was. */
export interface SendName {
  readonly tenant: string;
  readonly id: string;
  readonly delivery: number;
}

export interface Receipts {
  /** What goes out with a message, by which its receipts find back. */
  referenceOf(send: SendName): string;
  /** Where the vendor may tell what became of the message; null: nowhere. */
  urlOf(provider: string, reference: string): string | null;
  /** Where the vendor may tell of all its messages, for vendors that are told once; null: nowhere. */
  addressOf(provider: string): string | null;
  /** For vendors whose receipts return nothing of ours. */
  remember(provider: string, messageId: string, reference: string): Promise<void>;
  /** The use-case `receive`. */
  receive(options: ReceiptOptions): Promise<ReceiptResult>;
}

/** For as long as vendors go on telling. */
const rememberedMs = 72 * 3_600_000;
/** Tries to write a message id down while receipts keep asking for it. */
const remembersAtMost = 5;

export function createReceipts(parts: ReceiptParts): Receipts {
  const { store, keyring, receiptsUrl, tell } = parts;
  // Long-lived, like the addresses that are given to vendors.
  const tokenKey = keyFor(keyring.subject, 'receipt addresses');
  const messageKey = keyFor(keyring.subject, 'receipt messages');
  const providers = new Map(leavesOf(parts.provider).map((provider) => [provider.name, provider]));

  const tokenOf = (provider: string): string => hmac(tokenKey, [provider]).toString('base64url', 0, 16);

  function addressOf(provider: string): string | null {
    return receiptsUrl === null || !providers.get(provider)?.receipts
      ? null
      : `${receiptsUrl}/${provider}/${tokenOf(provider)}`;
  }

  /** How a message id is kept: as an idempotency key whose answer is the reference. */
  function claimOf(provider: string, messageId: string) {
    const hashOf = (what: string): string => hmac(messageKey, [what, provider, messageId]).toString('base64url', 0, 16);
    const token = randomBytes(16).toString('base64url');
    return {
      claim: { key: hashOf('key'), fingerprint: hashOf('fingerprint'), token, leaseMs: 1_000, keepMs: rememberedMs },
      sealedFor: hashOf('reference'),
    };
  }

  async function recall(provider: string, messageId: string): Promise<string | null> {
    const { claim, sealedFor } = claimOf(provider, messageId);
    const claimed = await store.claim(claim);
    if (claimed.outcome === 'completed') return openSeal(keyring, sealedFor, 'reference', claimed.answer);
    // It is being remembered at this moment: the vendor is to tell again.
    if (claimed.outcome === 'running') throw new StoreError('A message id is being written down: tell again.');
    if (claimed.outcome === 'claimed') await store.complete({ key: claim.key, token: claim.token, answer: null });
    return null;
  }

  /** Resolves with whether it is known which send it is about. */
  async function take(provider: Provider, receipt: Receipt): Promise<boolean> {
    const reference = receipt.reference ?? (await recall(provider.name, receipt.messageId));
    const send = reference === null ? null : readReference(reference);
    const content = send && decodeId(keyring, send.tenant, send.id);
    if (!send || !content) return false;
    const { status, errorKind } = receipt;
    const { subject, purposeTag, nonce } = content;
    // No vendor was told of it.
    if (parts.testNumbers?.isSubject(send.tenant, subject)) return false;
    const handOvers = [{ provider: provider.name, status }];
    await store.settle({ subject, purposeTag, nonce, delivery: send.delivery, handOvers });
    tell({ type: 'delivery.reported', ...send, provider: provider.name, status, errorKind });
    return true;
  }

  return {
    referenceOf,
    addressOf,
    urlOf(provider, reference) {
      const address = addressOf(provider);
      return address === null ? null : `${address}?ref=${reference}`;
    },
    async remember(provider, messageId, reference) {
      if (addressOf(provider) === null || providers.get(provider)?.returnsReference !== false) return;
      const { claim, sealedFor } = claimOf(provider, messageId);
      let claimed = await store.claim(claim);
      // A receipt has asked for it at this moment.
      for (let tries = 1; claimed.outcome === 'running' && tries < remembersAtMost; tries += 1) {
        await parts.wait(claimed.retryAfterMs);
        claimed = await store.claim(claim);
      }
      if (claimed.outcome !== 'claimed') return;
      const answer = createSealer(keyring.current, sealedFor)('reference', reference);
      await store.complete({ key: claim.key, token: claim.token, answer });
    },
    async receive({ provider: name, token, request, search }) {
      const provider = providers.get(name);
      const isRight = timingSafeEqual(digestOf(token), digestOf(tokenOf(name)));
      const address = addressOf(name);
      if (!isRight || !provider?.receipts || address === null) return { status: 'receipt_refused' };
      let receipts: readonly Receipt[];
      try {
        receipts = await provider.receipts({ ...request, url: address + search });
      } catch (error) {
        if (!(error instanceof ReceiptError)) throw error;
        tell({ type: 'receipt.refused', provider: name, reason: error.message });
        return { status: 'receipt_refused' };
      }
      await parts.ready();
      let unknown = 0;
      for (const receipt of receipts) if (!(await take(provider, receipt))) unknown += 1;
      if (unknown > 0) tell({ type: 'receipt.unknown', provider: name, count: unknown });
      return { status: 'received', known: receipts.length - unknown };
    },
  };

  function digestOf(text: string): Buffer {
    return hmac(tokenKey, ['compared', text]);
  }
}

const shape = /^(v1[\w-]{56})\.(\d{1,4})(?:\.([\w.-]{1,64}))?$/;

/** The tenant last, where it is not the default one. */
function referenceOf({ tenant, id, delivery }: SendName): string {
  return `${id}.${delivery}${tenant === 'default' ? '' : `.${tenant}`}`;
}

function readReference(reference: string): SendName | null {
  const [, id, delivery, tenant = 'default'] = shape.exec(reference) ?? [];
  return id === undefined ? null : { tenant, id, delivery: Number(delivery) };
}

/** The providers of a composition that are none themselves. Throws a `ConfigurationError` where two have one name. */
function leavesOf(provider: Provider): readonly Provider[] {
  const leaves = [...new Set(provider.providers ? provider.providers.flatMap(leavesOf) : [provider])];
  const names = leaves.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) {
    throw new ConfigurationError([
      `two providers are named ${twice}: give one another name, by which its deliveries and receipts are told apart`,
    ]);
  }
  return leaves;
}
