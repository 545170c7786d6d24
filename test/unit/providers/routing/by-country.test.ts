import { getCountries } from 'libphonenumber-js/max';
import { expect, test } from 'vitest';
import { ConfigurationError } from '../../../../src/errors.ts';
import { byCountry } from '../../../../src/providers/routing/by-country.ts';
import { errorOf, failure, recordingProviders, send, timesAsked } from './asked.ts';

test('the provider of the country is asked, and nobody else', async () => {
  const [us, gb, rest] = recordingProviders('us', 'gb', 'rest');
  const route = byCountry({ US: us, GB: gb, default: rest });
  expect(await send(route, { country: 'GB' })).toEqual({ messageId: 'gb-1', provider: 'gb', before: [] });
  us.script(errorOf('temporary'));
  expect(await failure(send(route, { country: 'US' }))).toMatchObject({ kind: 'temporary' });
  expect(timesAsked(us, gb, rest)).toEqual([1, 1, 0]);
});

test('the default is asked for all others, and for numbers of no country', async () => {
  const [us, rest] = recordingProviders('us', 'rest');
  const route = byCountry({ US: us, default: rest });
  expect(await send(route, { country: 'FR' })).toMatchObject({ provider: 'rest' });
  expect(await send(route, { country: null })).toMatchObject({ provider: 'rest' });
});

test.each(['FR', null])('without a default, a number of %s is a fault of the configuration', async (country) => {
  const [us] = recordingProviders('us');
  expect(await failure(send(byCountry({ US: us }), { country }))).toMatchObject({ kind: 'config', handOvers: [] });
  expect(timesAsked(us)).toEqual([0]);
});

test('every country that numbers can be of is taken', () => {
  const [provider] = recordingProviders('provider');
  const all = Object.fromEntries(getCountries().map((country) => [country, provider]));
  expect(() => byCountry(all)).not.toThrow();
});

test('what is no country is named, all at once', () => {
  const [provider] = recordingProviders('provider');
  const wrong = ['UK', 'us', 'USA', 'ZZ', 'XX', 'EU', 'U', '', 'Default', 'AN', 'constructor', '49'];
  const make = () => byCountry(Object.fromEntries([...wrong, 'US'].map((key) => [key, provider])));
  expect(make).toThrow(ConfigurationError);
  try {
    make();
  } catch (error) {
    const { faults } = error as ConfigurationError;
    expect(faults).toHaveLength(wrong.length);
    for (const key of wrong) expect(faults.some((fault) => fault.includes(JSON.stringify(key)))).toBe(true);
  }
});

test('nobody at all is a fault', () => {
  expect(() => byCountry({})).toThrow(ConfigurationError);
});

test('it is called by-country and names its parts, each once', () => {
  const [us, rest] = recordingProviders('us', 'rest');
  expect(byCountry({ US: us, CA: us, default: rest })).toMatchObject({ name: 'by-country', providers: [us, rest] });
});
