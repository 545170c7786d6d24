import { announce } from './announcer.tsx';

/**
 * Copies a text and says so. Resolves with false, having selected `shownIn` for the person to copy, when the browser allows neither of the two
 * ways: the clipboard needs a permission and a secure context, the older command needs neither but may be switched off.
 */
export async function copyText(text: string, what: string, shownIn: Element): Promise<boolean> {
  const copied = await navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  );
  if (copied || copyByCommand(text)) {
    announce(`${what} copied`);
    return true;
  }
  getSelection()?.selectAllChildren(shownIn);
  announce(`${what} is selected. Copy it with Control C or Command C.`);
  return false;
}

function copyByCommand(text: string): boolean {
  const put = (event: ClipboardEvent) => {
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
  };
  document.addEventListener('copy', put, { once: true });
  const done = document.execCommand('copy');
  document.removeEventListener('copy', put);
  return done;
}
