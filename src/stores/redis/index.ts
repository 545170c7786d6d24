import { ConfigurationError, StoreError } from '../../errors.ts';
import { deliveryStatuses } from '../../verification.ts';
import type { BeginRequest, ClaimOutcome, Clock, EndOutcome, Store, Target } from '../store.ts';
import { createActs, type Call, type StrictOptions } from './acts.ts';
import { bytesOf, fromBase64url, packLimits, packSecret, packTexts } from './arguments.ts';
import { chargedAcrossSlots } from './cluster-limits.ts';
import { inspectServers } from './dangers.ts';
import type { CommandArgument, RedisClient } from './client.ts';
import { beginOutcome, checkOutcome, endOutcome } from './outcomes.ts';
import { readBytes, readNumber, readReply, unreadable, viewNamed, type Reply } from './reply.ts';
import { scriptOf } from './scripts.ts';
import { createTokens } from './tokens.ts';

export type { RedisClient, RedisNode, RedisPipeline } from './client.ts';

export interface RedisStoreOptions {
  /**
   * A `Redis` (also one that asks sentinels) or `Cluster` of ioredis 6, or of iovalkey, connected to Redis 6.2 or later, or Valkey. Stays the caller's: the
   * store neither connects nor closes it, and other parts of the app may use it too.
   *
   * Whatever its settings are, an act is answered within 2 s and done at most once. These make outages short: `maxRetriesPerRequest: 1`,
   * `connectTimeout: 1_000`, `socketTimeout: 2_000`, `enableAutoPipelining` off, and with sentinels or a failover behind one name
   * `reconnectOnError: ({ message }) => message.includes('READONLY')`. `autoResendUnfulfilledCommands: false` where an act that nobody waits for
   * any more should rather not be done late.
   */
  client: RedisClient;
  /** What the names of all keys begin with; unset: `pp`. */
  prefix?: string;
  /** Milliseconds since the Unix epoch, for tests; unset: the server's own clock. Where it jumps back, time goes on as before, for each number on its own. */
  clock?: Clock;
  /**
   * Answers an act that writes only once so many replicas have it (`WAIT`), and rejects with a `StoreError` when they do not within `timeoutMs`: an approval
   * or a charge that was answered then survives a failover to them. Other commands of the client wait for it too: give the store a client of its own.
   */
  strict?: StrictOptions;
}

const maxStrictTimeoutMs = 1_500;

/**
 * Keeps a number's verifications in one hash, what outlasts them in a second, and the secret of its live code beside them, all in one slot: each verb is
 * one Lua script, and one round trip.
 * On a Cluster, a begin with broad limits takes one more, to the servers that hold them. Every key but one, the fingerprint of the subject key, ends
 * by itself.
 *
 * As durable as the server: see `inspect`, and `strict` for failovers. A verb is done at most once, even where the client sends it again after it lost its
 * connection. Does nothing before its first verb.
 */
export function redisStore(options: RedisStoreOptions): Store {
  const { client, prefix = 'pp', clock, strict } = options;
  const faults: string[] = [];
  if (/[{}]/.test(prefix)) faults.push('prefix must have no braces, which say in which slot of a cluster a key lies');
  if (strict && !(Number.isInteger(strict.replicas) && strict.replicas >= 1)) {
    faults.push('strict.replicas must be a whole number from 1');
  }
  if (strict && !(strict.timeoutMs >= 1 && strict.timeoutMs <= maxStrictTimeoutMs)) {
    faults.push(`strict.timeoutMs must be a number from 1 to ${maxStrictTimeoutMs}`);
  }
  if (faults.length > 0) throw new ConfigurationError(faults.map((fault) => `redisStore: ${fault}`));

  const acts = createActs(client, strict);
  const mark = strict ? 'mark' : '';
  const nextToken = createTokens();

  const numberKey = (subject: string): string => `${prefix}:{${subject}}`;
  const numberKeys = (subject: string): string[] => [numberKey(subject), `${numberKey(subject)}:marks`];
  const codeKey = (subject: string, tag: string): string => `${numberKey(subject)}:code:${tag}`;
  const limitKey = (key: string): string => `${prefix}:limit:${key}`;
  const claimKey = (key: string): string => `${prefix}:claim:${key}`;

  /** Empty: the server's own. */
  function now(): string {
    if (!clock) return '';
    const nowMs = Math.trunc(clock());
    if (!Number.isSafeInteger(nowMs)) throw new StoreError('The Redis store does not know the time.');
    return String(nowMs);
  }

  /** What every act about one purpose of a number begins with. */
  function targeted({ subject, purposeTag, nonce = '' }: Omit<Target, 'limits'>) {
    return {
      keys: [...numberKeys(subject), codeKey(subject, purposeTag)],
      args: [now(), mark, fromBase64url(purposeTag), fromBase64url(nonce)] satisfies CommandArgument[],
    };
  }

  async function begin(call: Call, request: BeginRequest, refusedElsewhere: boolean): Promise<Reply> {
    const { subject, purposeTag, broadLimits } = request;
    const here = client.isCluster ? [] : broadLimits;
    const packed = packLimits(request.limits);
    const reply = await call(
      scriptOf('begin'),
      [...numberKeys(subject), codeKey(subject, purposeTag), ...here.map(({ key }) => limitKey(key))],
      [
        now(),
        mark,
        fromBase64url(request.nonce),
        fromBase64url(purposeTag),
        request.purpose,
        request.channel,
        bytesOf(request.number),
        packSecret(request.secret),
        packTexts(request.repeatKeyIds),
        packed.check,
        packed.begin,
        refusedElsewhere ? 'refused' : '',
        ...here.flatMap(({ max, windowMs }) => [String(max), String(windowMs)]),
      ],
    );
    return readReply(reply);
  }

  function endOnWord(script: 'cancel' | 'approve', target: Target): Promise<EndOutcome> {
    return acts.write(async (call) => {
      const { keys, args } = targeted(target);
      const reply = await call(scriptOf(script), keys, [...args, nextToken(), String(target.limits.ended.max)]);
      return endOutcome(readReply(reply), target.limits);
    });
  }

  return {
    name: 'redis',
    bindSubjectKey(fingerprint, { accept }) {
      return acts.write(async (call) => {
        const args = [fingerprint, accept ? 'accept' : ''];
        return readNumber(await call(scriptOf('bind-subject-key'), [`${prefix}:subject-key`], args)) === 1;
      });
    },
    begin(request) {
      if (client.isCluster && request.broadLimits.length > 0) {
        return acts.write((call) =>
          chargedAcrossSlots({
            call,
            request,
            limitKey,
            now,
            begin: (refusedElsewhere) => begin(call, request, refusedElsewhere),
          }),
        );
      }
      return acts.write(async (call) => beginOutcome(await begin(call, request, false), request));
    },
    check(request) {
      return acts.write(async (call) => {
        const { limits, digests, codeLength } = request;
        const { keys, args } = targeted(request);
        const reply = await call(scriptOf('check'), keys, [
          ...args,
          nextToken(),
          String(codeLength),
          packLimits(limits).check,
          ...digests.flatMap(({ keyId, digest }) => [keyId, bytesOf(digest)]),
        ]);
        return checkOutcome(readReply(reply), limits);
      });
    },
    settle({ delivery, handOvers, ...about }) {
      return acts.write(async (call) => {
        const { keys, args } = targeted(about);
        const said = handOvers.flatMap(({ status, provider }) => [String(deliveryStatuses.indexOf(status)), provider]);
        await call(scriptOf('settle'), keys, [...args, String(delivery), ...said]);
      });
    },
    cancel: (target) => endOnWord('cancel', target),
    approve: (target) => endOnWord('approve', target),
    find(target) {
      return acts.run(async (call) => {
        const { args } = targeted(target);
        const reply = readReply(
          await call(scriptOf('find'), numberKeys(target.subject), [...args, String(target.limits.ended.max)]),
        );
        return reply.outcome === 'found' ? viewNamed(reply, target.limits) : null;
      });
    },
    lookup(subject) {
      return acts.run(async (call) => {
        const { verified } = readReply(await call(scriptOf('lookup'), numberKeys(subject), [now()])).record;
        return verified && { verifiedAtMs: verified.atMs };
      });
    },
    unlock(subject) {
      return acts.write(async (call) => void (await call(scriptOf('unlock'), numberKeys(subject), [now(), mark])));
    },
    erase(subject) {
      return acts.write(async (call) => {
        // Which codes it has only the record knows, and a script may use no key that it was not given.
        for (let tags: Buffer[] = []; ;) {
          const keys = [...numberKeys(subject), ...tags.map((tag) => codeKey(subject, tag.toString('base64url')))];
          const { outcome, detail } = readReply(await call(scriptOf('erase'), keys, [now(), mark, ...tags]));
          if (outcome === 'erased') return;
          tags = detail.map(readBytes);
        }
      });
    },
    claim({ key, fingerprint, token, leaseMs, keepMs }) {
      return acts.write(async (call): Promise<ClaimOutcome> => {
        const args = [now(), fingerprint, token, String(leaseMs), String(keepMs)];
        const reply = await call(scriptOf('claim'), [claimKey(key)], args);
        const [outcome, detail] = Array.isArray(reply) ? (reply as unknown[]) : [];
        switch (String(outcome)) {
          case 'claimed':
            return { outcome: 'claimed' };
          case 'reused':
            return { outcome: 'reused' };
          case 'running':
            return { outcome: 'running', retryAfterMs: readNumber(detail) };
          case 'completed':
            return { outcome: 'completed', answer: new Uint8Array(readBytes(detail)) };
          default:
            return unreadable();
        }
      });
    },
    complete({ key, token, answer }) {
      return acts.write(async (call) => {
        await call(scriptOf('complete'), [claimKey(key)], [now(), token, ...(answer ? [bytesOf(answer)] : [])]);
      });
    },
    inspect: () => acts.run(() => inspectServers(client, strict)),
    // Everything ends by itself.
    prune: async () => 0,
    ping: () => acts.run(async () => void (await client.callBuffer('ping', []))),
    close: () => acts.close(),
  };
}
