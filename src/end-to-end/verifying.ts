/** Why it was not done. `unreachable`: nothing answered, or it cannot answer right now; else it said no. */
export interface Refusal {
  readonly status: 'refused' | 'unreachable';
  /** A stable word: a problem code of the API (`rate_limited`), or `no_answer`. */
  readonly reason: string;
  /** A sentence for people, without a number or a code. */
  readonly detail: string;
}

export type Ready = { readonly status: 'ready' } | Refusal;
export type Started = { readonly status: 'pending'; readonly id: string } | Refusal;
export type Checked = { readonly status: 'approved' } | Refusal;

export interface VerifyingCall {
  readonly signal: AbortSignal;
}

/** What verifies numbers, as a run sees it: a running service, or a verifier of this process. Rejects with the signal's reason when that aborts. */
export interface Verifying {
  /** Whether it is there: asked before a number is rented. */
  ready(call: VerifyingCall): Promise<Ready>;
  /** Has a code sent to a number in E.164. */
  start(to: string, call: VerifyingCall): Promise<Started>;
  check(id: string, code: string, call: VerifyingCall): Promise<Checked>;
}

/** What a verification is started with besides the number. */
export interface VerificationOptions {
  /** What it is for; the service's own default when unset. */
  readonly purpose?: string | undefined;
  /** BCP 47: the language of the text. */
  readonly locale?: string | undefined;
}
