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
  announce(`${what} is selected: copy it with Ctrl+C or ⌘C.`, { inView: true });
  return false;
}

function copyByCommand(text: string): boolean {
  const put = (event: ClipboardEvent) => {
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
  };
  document.addEventListener('copy', put, { once: true });
  // Deprecated, and without a successor for pages that have no permission or no secure context.
  const commands: { execCommand(name: string): boolean } = document;
  const done = commands.execCommand('copy');
  document.removeEventListener('copy', put);
  return done;
}
