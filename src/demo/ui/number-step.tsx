import { useEffect, useRef } from 'preact/hooks';
import { connection } from '../../inbox/ui/state.ts';
import { duration, secondsUntil } from './clock.ts';
import { countries, countryOfNumber } from './countries.ts';
import { sentenceFor } from './problems.ts';
import { busy, country, number, refusal, send } from './state.ts';

/** The first step: which number. */
export function NumberStep() {
  const field = useRef<HTMLInputElement>(null);
  const problem = refusal.value?.problem;
  const hasInbox = connection.value !== 'absent';
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, [problem]);
  const retryAt = refusal.value?.retryAt ?? 0;
  const wait = secondsUntil(retryAt);
  const submit = (event: Event) => {
    event.preventDefault();
    void send();
  };
  const type = (typed: string) => {
    number.value = typed;
    country.value = countryOfNumber(typed, country.value);
  };
  const fillExample = () => {
    number.value = '(202) 555-0143';
    country.value = 'US';
    field.current?.focus();
  };
  return (
    <form class="step" onSubmit={submit} noValidate>
      <h1>Verify a phone number</h1>
      <p class="lead">
        {hasInbox
          ? 'Type any mobile number. Nothing leaves this machine: the text lands on the phone you see here.'
          : 'Type your mobile number. This service has no inbox: it hands the text to its provider.'}
      </p>
      <div class="number-fields">
        <div class="field">
          <label for="country">Country</label>
          <select
            id="country"
            autocomplete="country"
            value={country.value}
            onChange={(event) => (country.value = event.currentTarget.value)}
          >
            {countries.map(({ id, name, callingCode }) => (
              <option key={id} value={id}>
                {name} +{callingCode}
              </option>
            ))}
          </select>
        </div>
        <div class="field">
          <label for="number">Phone number</label>
          <input
            ref={field}
            id="number"
            type="tel"
            autocomplete="tel"
            value={number.value}
            onInput={(event) => type(event.currentTarget.value)}
            aria-invalid={problem !== undefined}
            aria-describedby="number-problem"
          />
        </div>
      </div>
      <p id="number-problem" class="problem" role="alert">
        {problem !== undefined && sentenceFor(problem)}
      </p>
      <div class="step-actions">
        <button type="submit" class="button" aria-busy={busy.value === 'send'}>
          Send code
        </button>
        {wait > 0 && <span class="wait">Possible again in {duration(wait)}</span>}
      </div>
      {hasInbox && (
        <p class="hint">
          No number at hand?{' '}
          <button type="button" class="link-button" onClick={fillExample}>
            Use (202) 555-0143
          </button>
          , which belongs to nobody.
        </p>
      )}
    </form>
  );
}
