/** Why nobody could reply to a text; null: they could. */
export function whyNoReplyTo(from: string): string | null {
  return /^\+?\d+$/.test(from) ? null : 'The text came from a name, and not from a number: nobody can reply to it.';
}

/** By which vendors sort replies: the first word. */
export function keywordOf(reply: string): string {
  return (/\S+/.exec(reply)?.[0] ?? '').toUpperCase();
}
