import { expect, test } from 'vitest';
import { referenceIn } from '../../../src/providers/receipt-url.ts';

test.each([
  ['https://verify.example.com/v1/receipts/twilio/token?ref=v1abc.1.dGVuYW50', 'v1abc.1.dGVuYW50'],
  ['https://verify.example.com/v1/receipts/twilio/token?a=1&ref=v1abc.1&bodySHA256=00', 'v1abc.1'],
  ['https://verify.example.com/v1/receipts/twilio/token', null],
  ['/v1/receipts/twilio/token?ref=v1abc.1', null],
  ['', null],
])('the reference in "%s" is %s', (url, reference) => {
  expect(referenceIn(url)).toBe(reference);
});
