import { Announcer } from '../../inbox/ui/announcer.tsx';
import { Phone } from '../../inbox/ui/phone.tsx';
import { SiteHeader } from '../../inbox/ui/site-header.tsx';
import { connection, messages } from '../../inbox/ui/state.ts';
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
  const { Step } = steps.find(({ id }) => id === step.value)!;
  return (
    <>
      <SiteHeader here="Demo" />
      <main class="demo">
        <div class="steps-pane">
          <ol class="steps" aria-label="Steps">
            {steps.map(({ id, name }) => (
              <li key={id} aria-current={id === step.value ? 'step' : undefined}>
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
  const texts = (messages.value ?? []).filter((message) => message.to === to).toReversed();
  return (
    <div class="phone-pane">
      <Phone
        number={to}
        messages={texts}
        connected={connection.value === 'live'}
        codeAction={step.value === 'code' ? fillIn : 'copy'}
        empty={<p>The text will land here.</p>}
      />
      <p class="hint">
        {step.value === 'code' ? 'Click the code to fill it in. ' : ''}All texts to all numbers are in the{' '}
        <a href={to === null ? 'inbox' : `inbox#${to}`}>inbox</a>.
      </p>
    </div>
  );
}

function fillIn(received: string): void {
  code.value = received;
  document.getElementById('code')?.focus();
}
