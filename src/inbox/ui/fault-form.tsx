import { useId, useState } from 'preact/hooks';
import { announce } from './announcer.tsx';
import { faultKind, faultKinds, type FaultField } from './fault-kinds.ts';
import { scriptFault } from './faults.ts';
import { Field } from './field.tsx';
import { sendingVendors } from './info.ts';

/** Scripts what is to go wrong with texts to come. */
export function FaultForm() {
  const [kind, setKind] = useState('hold');
  const [value, setValue] = useState<string>();
  const [often, setOften] = useState<'next' | 'probability'>('next');
  const [times, setTimes] = useState('1');
  const [percent, setPercent] = useState('50');
  const [vendor, setVendor] = useState('');
  const [to, setTo] = useState('');
  const [problem, setProblem] = useState('');
  const saysId = useId();
  const { field, name, says } = faultKind(kind);

  const script = async (event: Event) => {
    event.preventDefault();
    setProblem('');
    try {
      await scriptFault({
        fault: { kind, ...(field && wireField(field, value ?? field.usual)) },
        ...(often === 'next' ? { next: Number(times) } : { probability: Number(percent) / 100 }),
        ...(vendor !== '' && { vendor }),
        ...(to.trim() !== '' && { to: to.replace(/[\s().-]/g, '') }),
      });
      announce(`Scripted: ${name}`);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  const choose = (chosen: string) => {
    setKind(chosen);
    setValue(undefined);
  };
  return (
    <form class="form" onSubmit={script}>
      <Field label="What">
        {(id) => (
          <select
            id={id}
            aria-describedby={saysId}
            value={kind}
            onChange={(event) => choose(event.currentTarget.value)}
          >
            {faultKinds.map(({ kinds, where }) => (
              <optgroup key={where} label={where}>
                {kinds.map((one) => (
                  <option key={one.kind} value={one.kind}>
                    {one.name}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
        )}
      </Field>
      <p class="hint" id={saysId}>
        {says}
      </p>
      {field && <KindField field={field} value={value ?? field.usual} onValue={setValue} />}
      <div class="form-row">
        <Field label="How often">
          {(id) => (
            <select
              id={id}
              value={often}
              onChange={(event) => setOften(event.currentTarget.value as 'next' | 'probability')}
            >
              <option value="next">The next texts</option>
              <option value="probability">By chance</option>
            </select>
          )}
        </Field>
        {often === 'next' ? (
          <Amount label="How many" value={times} onValue={setTimes} least={1} most={1_000_000} />
        ) : (
          <Amount label="Percent of texts" value={percent} onValue={setPercent} least={0.1} most={100} />
        )}
      </div>
      <div class="form-row">
        <Field label="Vendor">
          {(id) => (
            <select id={id} value={vendor} onChange={(event) => setVendor(event.currentTarget.value)}>
              <option value="">Any</option>
              {sendingVendors.value.map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Number">
          {(id) => (
            <input
              id={id}
              type="tel"
              placeholder="Any"
              autocomplete="off"
              value={to}
              onInput={(event) => setTo(event.currentTarget.value)}
            />
          )}
        </Field>
      </div>
      {problem !== '' && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <button type="submit" class="button">
        Script it
      </button>
    </form>
  );
}

interface Value {
  value: string;
  onValue: (value: string) => void;
}

/** A time, a status or a vendor's code: what a kind of fault is scripted with. */
function KindField({ field: { label, max, min, name }, value, onValue }: Value & { field: FaultField }) {
  if (name !== 'code') return <Amount label={label} value={value} onValue={onValue} least={min ?? 0} most={max ?? 1} />;
  return (
    <Field label={label}>
      {(id) => (
        <input
          id={id}
          placeholder="The usual"
          autocomplete="off"
          spellcheck={false}
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

function Amount({ label, value, onValue, least, most }: Value & { label: string; least: number; most: number }) {
  return (
    <Field label={label}>
      {(id) => (
        <input
          id={id}
          type="number"
          required
          min={least}
          max={most}
          step={Number.isInteger(least) ? 1 : 0.1}
          value={value}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

function wireField({ name, scale = 1 }: FaultField, value: string): Record<string, string | number> {
  if (name !== 'code') return { [name]: Math.round(Number(value) * scale) };
  return value.trim() === '' ? {} : { code: value.trim() };
}
