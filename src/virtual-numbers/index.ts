/**
 * Virtual numbers: rented or local numbers on which a test can receive SMS, and the wait for a code on them.
 *
 * @module phoneproof/virtual-numbers
 */
export { androidGatewayNumbers, type AndroidGatewayNumbersOptions } from './android-gateway.ts';
export { callVendor, type VendorAnswer, type VendorCall } from './exchange.ts';
export { fiveSimNumbers, type FiveSimOptions } from './five-sim.ts';
export { handlerApiNumbers, type HandlerApiOptions } from './handler-api.ts';
export { inboxNumbers, type InboxNumbersOptions } from './inbox.ts';
export type { PauseOptions } from './pauses.ts';
export { notUnderstood, refusalOfStatus } from './refusal.ts';
export { smspinverifyNumbers, type SmspinverifyOptions } from './smspinverify.ts';
export { twilioNumbers, type TwilioNumbersOptions } from './twilio-number.ts';
export type {
  Lease,
  Poll,
  ReceivedText,
  Released,
  ReleaseReason,
  VirtualNumberCall,
  VirtualNumberProvider,
  WantedNumber,
} from './virtual-number.ts';
export { waitForCode, type CodeReceived, type PollEvent, type WaitForCodeOptions } from './wait-for-code.ts';
export { withNumber, type ReleaseEvent, type WithNumberOptions } from './with-number.ts';
