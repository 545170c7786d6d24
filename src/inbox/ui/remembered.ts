import { effect, signal, type Signal } from '@preact/signals';

/** A choice of the person's, kept in this browser. Where storage is switched off it lasts as long as the page. */
export function remembered<Choice extends string>(name: string, usual: Choice): Signal<Choice> {
  const key = `phoneproof.${name}`;
  const choice = signal((read(key) as Choice | null) ?? usual);
  effect(() => {
    try {
      if (choice.value === usual) localStorage.removeItem(key);
      else localStorage.setItem(key, choice.value);
    } catch {
      // Storage is switched off.
    }
  });
  return choice;
}

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}
