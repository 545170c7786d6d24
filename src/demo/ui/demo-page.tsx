import { Announcer } from '../../inbox/ui/announcer.tsx';
import { Phone } from '../../inbox/ui/phone.tsx';
import { SiteHeader } from '../../inbox/ui/site-header.tsx';
import { connection, messages, threadAddress } from '../../inbox/ui/state.ts';
import { CallsPanel } from './calls-panel.tsx';
import { CodeStep } from './code-step.tsx';
import { DoneStep } from './done-step.tsx';
import { NumberStep } from './number-step.tsx';
import { code, pending, step } from './state.ts';

const steps = [
  { id: 'number', name: 'Number', Step: NumberStep },
  { id: 'code', name: 'Code', Step: CodeStep },
  { id: 'done', name: 'Verified', Step: DoneStep },
] as const;

/** The demo: verifies a number from start to end, with the phone that gets the text beside it. */
export function DemoPage() {
  const reached = steps.findIndex(({ id }) => id === step.value);
  const { Step } = steps[reached]!;
  return (
    <>
      <SiteHeader here="Demo" />
      <main class="demo">
        <div class="steps-pane">
          <ol class="steps" aria-label="Steps">
            {steps.map(({ id, name }, index) => (
              <li
                key={id}
                class={index <= reached ? 'reached' : ''}
                aria-current={index === reached ? 'step' : undefined}
              >
                {name}
              </li>
            ))}
          </ol>
          <Step />
        </div>
        <PhoneOfNumber />
        <CallsPanel />
      </main>
      <Announcer />
    </>
  );
}

function PhoneOfNumber() {
  const to = pending.value?.to ?? null;
  const hasInbox = connection.value !== 'absent';
  const texts = (messages.value ?? []).filter((message) => message.to === to).toReversed();
  return (
    <div class="phone-pane">
      <Phone
        number={to}
        messages={texts}
        connected={connection.value === 'live'}
        codeAction={step.value === 'code' ? fillIn : 'copy'}
        empty={
          hasInbox ? 'Your text lands here.' : 'There is no inbox here: your text goes where the provider takes it.'
        }
      />
      {hasInbox && (
        <p class="hint">
          {step.value === 'code' && 'Click the code to fill it in. '}All texts to all numbers are in the{' '}
          <a href={to === null ? 'inbox' : `inbox${threadAddress(to)}`}>inbox</a>.
        </p>
      )}
    </div>
  );
}

function fillIn(received: string): void {
  code.value = received;
  document.getElementById('code')?.focus();
}
