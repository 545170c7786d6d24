import { faults, faultsArePossible, held } from './faults.ts';
import { HelpButton } from './help-button.tsx';
import { Icon } from './icon.tsx';
import { notificationsAreOn, toggleNotifications } from './notifications.ts';
import { OwnPhoneButton } from './own-phone-button.tsx';
import { panel, toggleFaults } from './panel.ts';

/** What can be done with the inbox as a whole. */
export function Toolbar() {
  const on = notificationsAreOn();
  return (
    <div class="toolbar" role="group" aria-label="Inbox">
      {faultsArePossible.value && <FaultsButton />}
      <button
        type="button"
        class="icon-button"
        aria-pressed={on}
        aria-label="Notifications"
        title={`Notifications while you are elsewhere: ${on ? 'on' : 'off'} (n)`}
        aria-keyshortcuts="n"
        onClick={toggleNotifications}
      >
        <Icon name="bell" />
      </button>
      <OwnPhoneButton />
      <HelpButton />
    </div>
  );
}

function FaultsButton() {
  const scripted = faults.value?.length ?? 0;
  const lying = held.value.length;
  return (
    <button
      type="button"
      class="tool-button"
      aria-expanded={panel.value === 'faults'}
      title="What goes wrong (f)"
      aria-keyshortcuts="f"
      onClick={toggleFaults}
    >
      <Icon name="bolt" />
      <span class="tool-words">What goes wrong</span>
      {lying > 0 ? (
        <span class="tool-count">{lying} held</span>
      ) : (
        scripted > 0 && <span class="tool-count">{scripted} scripted</span>
      )}
    </button>
  );
}
