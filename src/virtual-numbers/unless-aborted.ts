/** What the call comes to, or the signal's own reason as soon as it aborts, whether or not the call heeds it. Does not begin where the signal has aborted already. */
export async function unlessAborted<Value>(signal: AbortSignal, call: () => Promise<Value>): Promise<Value> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([call(), aborted.promise]);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
