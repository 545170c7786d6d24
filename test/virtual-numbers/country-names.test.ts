import { expect, test } from 'vitest';
import { countryNamed } from '../../src/virtual-numbers/country-names.ts';

test.each([
  ['US', 'US'],
  ['us', 'US'],
  ['USA', 'US'],
  ['United States', 'US'],
  ['united states of america', 'US'],
  ['UK', 'GB'],
  ['England', 'GB'],
  ['United Kingdom', 'GB'],
  ['malaysia', 'MY'],
  [' Viet Nam ', 'VN'],
  ['Vietnam', 'VN'],
  ['Côte d’Ivoire', 'CI'],
  ["Cote d'Ivoire", 'CI'],
  ['ivory-coast', 'CI'],
  ['Turkey', 'TR'],
  ['Türkiye', 'TR'],
  ['Czech Republic', 'CZ'],
  ['Czechia', 'CZ'],
  ['Trinidad and Tobago', 'TT'],
  ['Trinidad & Tobago', 'TT'],
  ['Hong Kong', 'HK'],
  ['South Korea', 'KR'],
])('%s is %s', (name, code) => {
  expect(countryNamed(name)).toBe(code);
});

test.each(['', 'Atlantis', '187', 'XX', 'any', 'constructor', '__proto__'])('%j is no country', (name) => {
  expect(countryNamed(name)).toBeUndefined();
});
