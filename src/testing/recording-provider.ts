import type { Accepted, Message, Provider } from '../providers/provider.ts';

/** What a send comes to: an `Error` is thrown, a function decides (and may wait). */
export type SendOutcome = 'accepted' | Error | ((message: Message) => Promise<Accepted>);

/** A provider that delivers to an array. For tests only: it keeps codes in clear. */
export interface RecordingProvider extends Provider {
  /** Every message that a send was asked for, the oldest first, whatever came of it. */
  readonly messages: readonly Message[];
  /** What the next sends come to, in this order; all after them are accepted. */
  script(...outcomes: readonly SendOutcome[]): void;
}

/** Makes a provider that keeps what it is asked to send and does what its script says. */
export function recordingProvider({ name = 'recording' }: { name?: string } = {}): RecordingProvider {
  const messages: Message[] = [];
  const scripted: SendOutcome[] = [];
  return {
    name,
    channels: ['sms'],
    messages,
    script(...outcomes) {
      scripted.push(...outcomes);
    },
    async send(message) {
      const messageId = `${name}-${messages.push(message)}`;
      const outcome = scripted.shift() ?? 'accepted';
      if (outcome === 'accepted') return { messageId };
      if (outcome instanceof Error) throw outcome;
      return outcome(message);
    },
  };
}
