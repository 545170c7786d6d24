import type { OptionType, Reading } from './option-types.ts';

/** Which store the service keeps its verifications in. */
export type StoreChoice = { kind: 'memory' } | { kind: 'sqlite'; path: string };

const laterStores = ['postgres', 'postgresql', 'redis', 'rediss', 'redis-cluster'];

/** `memory:` or `sqlite:PATH`. A fault never repeats the address, which may hold a password. */
export const storeChoice: OptionType<StoreChoice> = {
  placeholder: '<address>',
  read(text): Reading<StoreChoice> {
    const colon = text.indexOf(':');
    const scheme = colon < 0 ? '' : text.slice(0, colon).toLowerCase();
    const rest = text.slice(colon + 1);
    if (scheme === 'memory' && rest === '') return { value: { kind: 'memory' } };
    if (scheme === 'sqlite') {
      if (rest === '')
        return { faults: ['names no file: write sqlite:PATH, like sqlite:/var/lib/phoneproof/phoneproof.db'] };
      if (rest.startsWith(':memory:')) return { faults: ['must name a file; a store that forgets is memory:'] };
      return { value: { kind: 'sqlite', path: rest } };
    }
    if (laterStores.includes(scheme)) {
      return {
        faults: [`names a ${scheme}: store, which comes with a later version; this one has sqlite:PATH and memory:`],
      };
    }
    return { faults: ['must be sqlite:PATH or memory:'] };
  },
  show: (choice) => (choice.kind === 'sqlite' ? `sqlite:${choice.path}` : 'memory:'),
};

/** Which provider takes the texts. Both of these show codes: they are for development. */
export type ProviderChoice = 'inbox' | 'console';

const providers: readonly ProviderChoice[] = ['inbox', 'console'];

/** The name of one provider. */
export const providerChoice: OptionType<ProviderChoice> = {
  placeholder: `<${providers.join('|')}>`,
  read(text): Reading<ProviderChoice> {
    const known = providers.find((name) => name === text);
    if (known) return { value: known };
    if (text.includes(',')) {
      return { faults: ['is a list; several providers in order come with a later version, name one'] };
    }
    return { faults: [`must be one of: ${providers.join(', ')}. Carriers come with a later version`] };
  },
  show: (name) => name,
};
