import type { Log } from './log.ts';

/** For what goes on after answers, and for closing the store. */
const closingMs = 8_000;
const ending = ['SIGTERM', 'SIGINT'] as const;

/**
 * Hands the process over to its end: at the first SIGTERM or SIGINT `stop` runs and the process exits with 0, at the second it exits at once, and
 * with 1 when `stop` takes too long.
 * What nobody caught is logged and ends the process with 1: after a fault of unknown extent a fresh start on the durable store is the safe state.
 */
export function endWithProcess({
  stop,
  requestsMs,
  log,
}: {
  stop(): Promise<void>;
  /** How long requests may go on after a signal. */
  requestsMs: number;
  log: Log;
}): void {
  let stopping = false;
  for (const signal of ending) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      const longestStopMs = requestsMs + closingMs;
      log.info(`${signal}: finishing what runs`);
      setTimeout(() => {
        log.error('could not stop in time', new Error(`still running after ${longestStopMs} ms`));
        process.exit(1);
      }, longestStopMs).unref();
      stop().then(
        () => {
          log.info('stopped');
          process.exit(0);
        },
        (error: unknown) => {
          log.error('could not stop cleanly', error);
          process.exit(1);
        },
      );
    });
  }
  const crash = (error: unknown): void => {
    log.error('nobody caught this; the process ends', error);
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}
