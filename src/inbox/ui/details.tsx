import type { InboxMessage } from './api.ts';
import { ByHand } from './by-hand.tsx';
import { Checks } from './checks.tsx';
import { Copyable } from './copyable.tsx';
import { beginningOf, costOf, spelledCost } from './cost.ts';
import { waitingCurl } from './curl.ts';
import { info } from './info.ts';
import { LengthMeter } from './length-meter.tsx';
import { PanelFrame, PanelSection } from './panel-frame.tsx';
import { detailedText } from './panel.ts';
import { RequestView } from './request-view.tsx';
import { exactTime } from './relative-time.tsx';

/** All that is known of one text, and what can be done about it. */
export function Details() {
  const message = detailedText.value;
  return (
    <PanelFrame title="Details">
      {message === undefined ? (
        <p class="hint">There is no text here. Details of the next one will be.</p>
      ) : (
        <DetailsOf key={message.id} message={message} />
      )}
    </PanelFrame>
  );
}

function DetailsOf({ message }: { message: InboxMessage }) {
  return (
    <>
      <Facts message={message} />
      <PanelSection title="By hand">
        <ByHand message={message} />
      </PanelSection>
      <PanelSection title="Length">
        <LengthMeter body={message.body} />
      </PanelSection>
      <PanelSection title="Checks">
        <Checks message={message} />
      </PanelSection>
      <PanelSection title="Request">
        <RequestView id={message.id} />
      </PanelSection>
      <PanelSection title="In a test">
        <p class="hint">Waits up to 30 seconds for the next text to this number:</p>
        <Copyable text={waitingCurl(message.to, message.id)} what="command" head="In a terminal" />
      </PanelSection>
    </>
  );
}

function Facts({ message }: { message: InboxMessage }) {
  const { code, from, id, provider, received_at, run, status, to } = message;
  const facts: readonly (readonly [string, string | null])[] = [
    ['To', to],
    ['From', from],
    ['Code', code ?? 'none found'],
    ['Provider', provider],
    ['Status', status],
    ['Arrived', exactTime(received_at)],
    ['Cost', spelledCostOf(message)],
    ['Run', run],
    ['Id', id],
  ];
  return (
    <dl class="facts">
      {facts.map(
        ([name, value]) =>
          value !== null && (
            <div key={name}>
              <dt>{name}</dt>
              <dd class={value === 'failed' ? 'bad' : ''}>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

/** `USD 0.0166 (2 segments to +1)`; null where prices are not known at all. */
function spelledCostOf(message: InboxMessage): string | null {
  const prices = info.value?.prices ?? null;
  if (prices === null) return null;
  const cost = costOf(message, prices);
  const beginning = beginningOf(message.to, prices);
  const segments = message.segments === 1 ? '1 segment' : `${message.segments} segments`;
  if (cost === null) return 'no price for this number';
  return `${spelledCost(cost, prices)} (${segments}${beginning === '*' ? '' : ` to ${beginning}…`})`;
}
