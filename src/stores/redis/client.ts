/** What a command is given. */
export type CommandArgument = string | Buffer;

/** Commands that go to a server together, over one connection. */
export interface RedisPipeline {
  callBuffer(command: string, args: CommandArgument[]): unknown;
  exec(): Promise<[error: Error | null, reply: unknown][] | null>;
}

/** One server. */
export interface RedisNode {
  callBuffer(command: string, args: CommandArgument[]): Promise<unknown>;
  readonly options?: { readonly host?: string | undefined; readonly port?: number | undefined };
}

/** What the store uses of a client: `Redis` and `Cluster` of ioredis 6 and of iovalkey fit. */
export interface RedisClient {
  readonly isCluster?: boolean;
  callBuffer(command: string, args: CommandArgument[]): Promise<unknown>;
  pipeline(): RedisPipeline;
  /** The servers of a cluster. */
  nodes?(role: 'master'): readonly RedisNode[];
}
