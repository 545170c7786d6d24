import type { Store } from '../stores/store.ts';

/** Prunes a store now and then, until stopped. */
export interface Pruning {
  /** Resolves when the batch that runs is done; none starts after. */
  stop(): Promise<void>;
}

const batch = 500;

/** Every `intervalMs`, drops what has ended in batches, each its own short transaction. Never holds the process up. */
export function startPruning({
  store,
  intervalMs = 30_000,
  onError,
}: {
  store: Store;
  intervalMs?: number;
  onError(error: unknown): void;
}): Pruning {
  let stopped = false;
  let running: Promise<void> | null = null;
  const prune = async (): Promise<void> => {
    try {
      while (!stopped && (await store.prune({ max: batch })) >= batch);
    } catch (error) {
      onError(error);
    }
  };
  const timer = setInterval(() => {
    running ??= prune().finally(() => {
      running = null;
    });
  }, intervalMs).unref();
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
}
