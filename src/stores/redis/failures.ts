import { StoreError } from '../../errors.ts';

/** Why a call of a script came to nothing, or to what nobody knows. */
export class CallFailure extends Error {
  /** The server has said so itself: the script did nothing. */
  readonly surelyNotDone: boolean;
  /** It may go away by itself within a moment. */
  readonly passes: boolean;
  constructor(message: string, { surelyNotDone, passes }: { surelyNotDone: boolean; passes: boolean }) {
    super(message);
    this.surelyNotDone = surelyNotDone;
    this.passes = passes;
  }
}

/** A cluster that moves slots or looks for a primary, a server that starts, that was just demoted, or that is held up by another's script. */
const passing = /\b(?:TRYAGAIN|CLUSTERDOWN|LOADING|MASTERDOWN|READONLY|BUSY|NOREPLICAS)\b/;

/** What a client says that has tried to connect for as long as its settings let it. */
const retriesAreOver = /max retries per request/i;
const noConnection = 'no connection to the server: look whether it runs, and at the network';

/** What whoever runs the server can do about what it says. */
const advice: readonly (readonly [RegExp, string])[] = [
  [/\bOOM\b/, 'Give it more memory.'],
  [/\bMISCONF\b/, 'It cannot save to its disk: look at its log.'],
  [/\bCROSSSLOT\b/, 'It is part of a cluster: pass a Cluster client.'],
  [/\bMOVED\b/, 'It is part of a cluster: pass a Cluster client.'],
  [/\bREADONLY\b/, 'The client is connected to a replica: point it at the primary, or at the sentinels.'],
  [/\bWRONGTYPE\b/, "Another program uses keys of the store's prefix: choose another prefix."],
  [/\b(?:NOAUTH|WRONGPASS|NOPERM)\b/, 'Look at the user of the client and what it may do.'],
  [/\bUNREADABLE\b/, 'It was written by another version of phoneproof.'],
];

/** What the client rejected with. Without the error itself, which brings along the command with the digest and seal in it. */
export function failureOf(error: unknown): CallFailure {
  if (error instanceof CallFailure) return error;
  const said = error instanceof Error ? error.message : String(error);
  const message = retriesAreOver.test(said) ? noConnection : said;
  return new CallFailure(message, { surelyNotDone: isReply(error), passes: passing.test(message) });
}

/** Whether the server answered that it does not know the script. */
export function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

/** Whether a node of a cluster answered that the keys lie elsewhere. */
export function isElsewhere(error: unknown): boolean {
  return error instanceof Error && /^(?:MOVED|ASK) /.test(error.message);
}

/** Told to whoever runs the service. */
export function storeErrorOf(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { message } = failureOf(error);
  const help = advice.find(([word]) => word.test(message))?.[1];
  return new StoreError(`The Redis store cannot act: ${message}${help === undefined ? '' : ` (${help})`}`);
}

/** What the server itself answered, as against what the client says of a connection. */
function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === 'ReplyError';
}
