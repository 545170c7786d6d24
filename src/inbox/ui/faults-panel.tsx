import { useState } from 'preact/hooks';
import { announce } from './announcer.tsx';
import { FaultForm } from './fault-form.tsx';
import { faultKind } from './fault-kinds.ts';
import { faults, forgetFault, held, type FaultEntry } from './faults.ts';
import { HeldTexts } from './held-texts.tsx';
import { Icon } from './icon.tsx';
import { PanelFrame, PanelSection } from './panel-frame.tsx';

/** What goes wrong: texts that are held, what is scripted for those to come, and a form for more. */
export function FaultsPanel() {
  return (
    <PanelFrame title="What goes wrong">
      {held.value.length > 0 && (
        <PanelSection title={held.value.length === 1 ? '1 text is held' : `${held.value.length} texts are held`}>
          <HeldTexts />
        </PanelSection>
      )}
      <PanelSection title="Scripted">
        <Scripted />
      </PanelSection>
      <PanelSection title="Script a fault">
        <FaultForm />
      </PanelSection>
    </PanelFrame>
  );
}

function Scripted() {
  const [problem, setProblem] = useState('');
  const scripted = faults.value ?? [];
  const forget = async (id?: string) => {
    setProblem('');
    try {
      await forgetFault(id);
      announce(id === undefined ? 'All faults removed' : 'Fault removed');
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  if (scripted.length === 0) return <p class="hint">Nothing: every text that is sent to an emulator arrives.</p>;
  return (
    <>
      <ul class="scripted">
        {scripted.map((entry) => (
          <li key={entry.id}>
            <Entry entry={entry} />
            <button
              type="button"
              class="icon-button"
              aria-label={`Remove: ${faultKind(entry.fault.kind).name}`}
              title="Remove"
              onClick={() => forget(entry.id)}
            >
              <Icon name="close" />
            </button>
          </li>
        ))}
      </ul>
      {scripted.length > 1 && (
        <button type="button" class="quiet-button small" onClick={() => forget()}>
          Remove all {scripted.length}
        </button>
      )}
      {problem !== '' && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

function Entry({ entry: { fault, next, probability, to, vendor } }: { entry: FaultEntry }) {
  const { field, name } = faultKind(fault.kind);
  const value = field && fault[field.name];
  const often =
    next === undefined
      ? `${Math.round((probability ?? 1) * 1_000) / 10} % of texts`
      : next === 1
        ? 'next text'
        : `next ${next} texts`;
  return (
    <div>
      <b>
        {name}
        {value !== undefined && ` · ${field!.scale === undefined ? value : `${Number(value) / field!.scale} s`}`}
      </b>
      <p class="hint">
        {often}
        {to !== null && ` to ${to}`}, {vendor ?? 'any vendor'}
      </p>
    </div>
  );
}
