import { costOfAll, spelledCost } from './cost.ts';
import { info } from './info.ts';
import { foundMessages, messages, search, threads } from './state.ts';

/** How many texts there are, or were found, and what they take and cost. */
export function Counts() {
  const all = messages.value?.length ?? 0;
  const shown = foundMessages.value;
  const searching = search.value !== null;
  const numbers = threads.value.length;
  const found = shown.length === 0 ? 'No text matches' : `${shown.length} of ${all} texts match`;
  return (
    <p class="counts">
      <span role={searching ? 'status' : undefined}>
        {searching
          ? found
          : `${all} ${all === 1 ? 'text' : 'texts'} to ${numbers} ${numbers === 1 ? 'number' : 'numbers'}`}
      </span>
      {shown.length > 0 && <span>{bill()}</span>}
    </p>
  );
}

/** `14 segments, USD 0.62`. */
function bill(): string {
  const prices = info.value?.prices ?? null;
  const segments = foundMessages.value.reduce((sum, message) => sum + message.segments, 0);
  const cost = costOfAll(foundMessages.value, prices);
  const spelled = segments === 1 ? '1 segment' : `${segments} segments`;
  return prices === null || cost === null ? spelled : `${spelled}, ${spelledCost(cost, prices)}`;
}
