import { useRef, useState } from 'preact/hooks';
import { Copyable } from './copyable.tsx';
import { Dialog } from './dialog.tsx';
import { Field } from './field.tsx';
import { Icon } from './icon.tsx';
import { info, loadInfo } from './info.ts';
import { QrCode } from './qr-code.tsx';

/** Opens this page on a real phone: a QR code of its address, or how to start the inbox so that it has one. */
export function OwnPhoneButton() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  const open = () => {
    // The network may be another one by now.
    void loadInfo();
    setIsOpen(true);
    dialog.current?.showModal();
  };
  return (
    <>
      <button type="button" class="icon-button" aria-label="Open on a phone" title="Open on a phone" onClick={open}>
        <Icon name="handset" />
      </button>
      <Dialog dialog={dialog} title="Open on a phone">
        {isOpen && (info.value?.addresses.length ? <Addresses addresses={info.value.addresses} /> : <HowToStart />)}
        <div class="dialog-buttons">
          <button type="button" class="quiet-button" onClick={() => dialog.current?.close()}>
            Close
          </button>
        </div>
      </Dialog>
    </>
  );
}

function Addresses({ addresses }: { addresses: readonly string[] }) {
  const [chosen, setChosen] = useState(0);
  const address = addresses[chosen] ?? addresses[0]!;
  return (
    <>
      <p>Scan it with a phone in the same network. Whoever has this address can read the inbox.</p>
      <QrCode text={address} label={`QR code of ${address}`} />
      {addresses.length > 1 && (
        <Field label="Network">
          {(id) => (
            <select id={id} value={chosen} onChange={(event) => setChosen(Number(event.currentTarget.value))}>
              {addresses.map((one, index) => (
                <option key={one} value={index}>
                  {new URL(one).host}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      <Copyable text={address} what="address" head="Address" />
    </>
  );
}

function HowToStart() {
  return (
    <>
      <p>This inbox answers this machine only. Started so, it shows a QR code here that a phone can scan:</p>
      <Copyable
        text={'PHONEPROOF_INBOX_PASSWORD=choose-one \\\n  npx phoneproof inbox --host 0.0.0.0'}
        what="command"
        head="In a terminal"
      />
    </>
  );
}
