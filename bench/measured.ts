import { startProfile, stopProfile, type Profile } from './profile.ts';

/** What the process that measures asks of the one that is measured, and the answers. */
export interface Answers {
  /** CPU time of all threads so far, in microseconds. */
  cpu: number;
  /** What would have gone out since last asked. */
  texts: string[];
  startProfile: null;
  stopProfile: Profile;
}
export type Question = keyof Answers;

let texts: string[] = [];

/** Keeps a text in place of sending it. Both candidates do it in the same way, and hand the texts over while nothing is measured. */
export function keepText(text: string): void {
  texts.push(text);
}

const answers: { [Q in Question]: () => Answers[Q] | Promise<Answers[Q]> } = {
  cpu() {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  texts() {
    const kept = texts;
    texts = [];
    return kept;
  },
  startProfile,
  stopProfile,
};

/** Says where the candidate listens, answers questions, and stops when the process that measures is gone. */
export function standReady({ url, stop }: { url: string; stop(): Promise<void> }): void {
  process.on('message', (question: Question) => {
    void (async () => process.send?.(await answers[question]()))();
  });
  process.once('disconnect', () => void stop());
  process.send?.(url);
}
