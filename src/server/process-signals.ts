import type { Log } from './log.ts';

/** Less than the 30 s that container runtimes leave a process. */
const longestStopMs = 25_000;
const ending = ['SIGTERM', 'SIGINT'] as const;

/**
 * Hands the process over to its end: at the first SIGTERM or SIGINT `stop` runs and the process exits with 0, at the second it exits at once.
 * What nobody caught is logged and ends the process with 1: after a fault of unknown extent a fresh start on the durable store is the safe state.
 */
export function endWithProcess({ stop, log }: { stop(): Promise<void>; log: Log }): void {
  let stopping = false;
  for (const signal of ending) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
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
