/** A request as the API reads it, whatever brought it. */
export interface Received {
  readonly method: string;
  readonly url: string;
  /** Of the url, as it was sent. */
  readonly path: string;
  /** As the functions of others take it; null where none was made. */
  readonly request: Request | null;
  /** What came beside the request. */
  readonly env: unknown;
  /** What the headers of a name say, joined by commas; null: there is none. The name in small letters. */
  header(name: string): string | null;
  /** All of them. */
  headers(): Headers;
  /** The body's bytes. Rejects with a `ProblemError` (413) where they are more than `maxBytes` (unset: `maxBodyBytes`), and with whatever else where they cannot be read. */
  body(maxBytes?: number): Promise<Uint8Array>;
  /** What the places of the route's path hold. */
  pathParameters(): Readonly<Record<string, string>>;
  /** What stands in path and query. Throws an `InvalidRequestError` for a name that is given more than once, in whichever places. */
  parameters(): Readonly<Record<string, string | undefined>>;
}

/** What goes back. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}
