import type { Redis } from 'ioredis';

/** Where one candidate keeps its numbers: its own memory, a file, or a server that nobody else uses unless the environment names it. */
export interface StoreHome {
  /** As `PHONEPROOF_STORE` takes it. */
  readonly address: string;
  /** What the server is, and how durable; null where there is none. */
  readonly server: string | null;
  /** CPU time of the server so far, all its processes, in microseconds; null where there is none or its processes cannot be seen from here. */
  cpuUs(): Promise<number | null>;
  /** What the numbers take: in memory on Redis, else on disk; null where it is not known. */
  bytes(): Promise<number | null>;
  /** One client of each Redis server that holds slots, in the order of the slots; of other stores none. */
  readonly primaries: readonly Redis[];
  /** Removes what was written, and ends the server if it was started for this. */
  close(): Promise<void>;
}
