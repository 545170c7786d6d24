import type { MessageResource } from './twilio-message.ts';

const defaultPageSize = 50;
const maxPageSize = 1_000;

/** Whether a list was asked for that has this message on it. */
export function isListed({ to, from, date_sent: sent }: MessageResource, query: URLSearchParams): boolean {
  const sentMs = sent === null ? Number.NaN : Date.parse(sent);
  const day = query.get('DateSent');
  const before = query.get('DateSent<');
  const after = query.get('DateSent>');
  return (
    (query.get('To') ?? to) === to &&
    (query.get('From') ?? from) === from &&
    (day === null || dayOf(sentMs) === dayOf(Date.parse(day))) &&
    (before === null || sentMs <= Date.parse(before)) &&
    (after === null || sentMs >= Date.parse(after))
  );
}

/** One page of a list, the newest first, and where the next one is. `name` is the member that holds it. */
export function listPage(
  path: string,
  name: string,
  resources: readonly { readonly sid: string }[],
  query: URLSearchParams,
) {
  const size = Number(query.get('PageSize') ?? defaultPageSize);
  const pageSize = Number.isSafeInteger(size) && size > 0 ? Math.min(size, maxPageSize) : defaultPageSize;
  const page = Number(query.get('Page') ?? 0) || 0;
  // A page begins after the last message of the one before, whatever was sent meanwhile.
  const token = query.get('PageToken')?.replace(/^PA/, '');
  const before = resources.findIndex(({ sid }) => sid === token);
  const begin = before < 0 ? page * pageSize : before + 1;
  const onPage = resources.slice(begin, begin + pageSize);
  const uriOf = (parameters: Record<string, string>): string => {
    const own = new URLSearchParams(query);
    own.delete('PageToken');
    for (const [name, value] of Object.entries({ PageSize: String(pageSize), ...parameters })) own.set(name, value);
    return `${path}?${own.toString()}`;
  };
  const last = onPage.at(-1);
  const hasMore = last !== undefined && begin + pageSize < resources.length;
  return {
    [name]: onPage,
    first_page_uri: uriOf({ Page: '0' }),
    next_page_uri: hasMore ? uriOf({ Page: String(page + 1), PageToken: `PA${last.sid}` }) : null,
    previous_page_uri: page > 0 ? uriOf({ Page: String(page - 1) }) : null,
    page,
    page_size: pageSize,
    start: page * pageSize,
    end: page * pageSize + Math.max(onPage.length - 1, 0),
    uri: query.size > 0 ? `${path}?${query.toString()}` : path,
  };
}

function dayOf(ms: number): string {
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString().slice(0, 10);
}
