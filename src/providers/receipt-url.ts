/** The reference in an address that `receiptUrl` gave; null: it has none. */
export function referenceIn(url: string): string | null {
  return URL.canParse(url) ? new URL(url).searchParams.get('ref') : null;
}
