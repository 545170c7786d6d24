/** What ends a command early, as a signal that what runs can heed. */
export interface Interruption {
  readonly signal: AbortSignal;
  /** Gives the process its own ways back. */
  end(): void;
}

const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const ignore = (): void => {};

/**
 * Ctrl-C, SIGTERM, a terminal that is closed, and a reader of the output who goes away abort it, so that what runs can put things in order. The second signal ends the process at
 * once, as ever.
 */
export function interruption(): Interruption {
  const ending = new AbortController();
  const outputs = [process.stdout, process.stderr];
  const interrupt = (): void => {
    for (const name of names) process.off(name, interrupt);
    ending.abort(new Error('interrupted'));
  };
  const breakOff = (): void => {
    // What is still written goes nowhere; without a listener it would end the process.
    for (const output of outputs) output.on('error', ignore);
    interrupt();
  };
  for (const name of names) process.on(name, interrupt);
  for (const output of outputs) output.once('error', breakOff);
  return {
    signal: ending.signal,
    end() {
      for (const name of names) process.off(name, interrupt);
      for (const output of outputs) output.off('error', breakOff);
    },
  };
}
