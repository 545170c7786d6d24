import { randomUUID } from 'node:crypto';
import type { NewMessage } from '../messages.ts';

/** A text that lies at the carrier. */
export interface HeldText extends Pick<NewMessage, 'to' | 'from' | 'body' | 'provider'> {
  readonly id: string;
  readonly heldAt: Date;
}

/** What becomes of a held text. `code`: the vendor's own, of a failure. */
export interface LetGo {
  readonly outcome: 'deliver' | 'fail';
  readonly code?: string | undefined;
}

/** Texts that were accepted and wait for someone at the inbox. */
export interface HeldTexts {
  /** The first first. */
  list(): readonly HeldText[];
  /** Lets a text go, once; false where it is not there. */
  letGo(id: string, how: LetGo): boolean;
}

const maxHeld = 1_000;

/** Makes the place where texts are held. When there are more than 1,000 the first is let go: it is delivered. */
export function createHeldTexts(now: () => number): HeldTexts & {
  hold(text: NewMessage, go: (how: LetGo) => void): void;
} {
  const held = new Map<string, { readonly text: HeldText; go(how: LetGo): void }>();

  function letGo(id: string, how: LetGo): boolean {
    const there = held.get(id);
    held.delete(id);
    there?.go(how);
    return there !== undefined;
  }

  return {
    hold({ to, from, body, provider }, go) {
      const id = randomUUID();
      held.set(id, { text: { id, to, from, body, provider, heldAt: new Date(now()) }, go });
      const [first] = held.keys();
      if (held.size > maxHeld && first !== undefined) letGo(first, { outcome: 'deliver' });
    },
    list: () => [...held.values()].map(({ text }) => text),
    letGo,
  };
}
