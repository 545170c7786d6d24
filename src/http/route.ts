import type { z } from 'zod';
import type { Verifier } from '../verifier.ts';
import type { ProblemCode, Refusal } from './problem.ts';
import type { Received } from './received.ts';

/** What a call has to work with. */
export interface Call<Input> {
  readonly verifier: Verifier;
  readonly tenant: string;
  readonly input: Input;
  /** The request itself, for what stands neither in the input nor in the tenant. */
  readonly received: Received;
  /** The person's, as far as the connection tells; undefined where none is to be taken from it. */
  clientAddress(named: string | undefined): string | undefined;
}

/** What a call comes to, if nothing refuses: JSON, or for pages a text with headers of its own. */
export type Reply =
  | { readonly status: 200 | 201; readonly body: object; readonly headers?: Readonly<Record<string, string>> }
  | { readonly status: 204 }
  | { readonly status: 200; readonly text: string; readonly headers: Readonly<Record<string, string>> };

/** What the OpenAPI document and the reference page tell of a route. */
export interface RouteDocs {
  /** Name of the call in generated clients. */
  readonly id: string;
  readonly group: 'Verifications' | 'Numbers' | 'Receipts' | 'Health';
  readonly title: string;
  readonly about: string;
  /** What each good answer means, and its schema if it has a body. */
  readonly answers: Partial<Record<200 | 201 | 204, { readonly when: string; readonly schema?: z.ZodType }>>;
  /** The problem codes that are this call's own, beside those that every call shares. */
  readonly problems: readonly ProblemCode[];
}

/** One call of the API: the router, the OpenAPI document and the reference page are made of these. */
export interface Route<Input = unknown> {
  readonly method: 'get' | 'post' | 'delete';
  /** As OpenAPI writes it: `/v1/verifications/{id}`. Stands in logs and metrics in place of the path. */
  readonly path: string;
  /**
   * Where the input comes from: a JSON body, or what stands in path and query. A route without input takes neither. `bytes`: what stands in the path alone; a body of any
   * type is the route's own to read.
   */
  readonly takes?: 'body' | 'path' | 'bytes';
  readonly input?: z.ZodType<Input>;
  /** True: with an `Idempotency-Key` it is done once. Only for routes that take a body. */
  readonly once?: true;
  /** True: asks nobody for a key. */
  readonly open?: boolean;
  /** Unset: the route is about the API, not part of it. */
  readonly docs?: RouteDocs;
  handle(call: Call<Input>): Promise<Reply | Refusal>;
}
