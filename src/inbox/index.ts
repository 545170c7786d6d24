/**
 * The inbox: stands in for phones in development and tests, and for the vendors that text them. Texts are kept in memory, read by tests over HTTP or directly, and shown live on a
 * page.
 *
 * @module phoneproof/inbox
 */
export { createInbox } from './messages.ts';
export type {
  AfterCursor,
  ByHand,
  Inbox,
  InboxEvent,
  InboxMessage,
  InboxOptions,
  MessageFilter,
  NewMessage,
  RawRequest,
  WaitOptions,
} from './messages.ts';
export type { InboxHistory, KeptMessage, KeptPlaces } from './inbox-history.ts';
export type { LeasedNumber, NumberPool, NumberWish } from './numbers.ts';
export type { Prices } from './price.ts';
export { inboxProvider } from './provider.ts';
export { createInboxApp } from './app.ts';
export type { InboxAccess, InboxAppOptions } from './app.ts';
export { androidGatewayEmulator } from './emulators/android-gateway.ts';
export type { AndroidGatewayEmulatorOptions } from './emulators/android-gateway.ts';
export { awsEmulator } from './emulators/aws.ts';
export type { AwsEmulatorOptions } from './emulators/aws.ts';
export { createCarrier } from './emulators/carrier.ts';
export type { CarrierOptions, ScriptedCarrier } from './emulators/carrier.ts';
export { breakOff } from './emulators/emulator.ts';
export type { Carrier, Emulator, End, Fault, ReceiptPlan, Receipts, TakenText } from './emulators/emulator.ts';
export type { FaultEntry, FaultScript, NewFaultEntry, ScriptedFault } from './emulators/faults.ts';
export { fiveSimEmulator } from './emulators/five-sim.ts';
export type { FiveSimEmulatorOptions } from './emulators/five-sim.ts';
export { handlerApiEmulator } from './emulators/handler-api.ts';
export type { HandlerApiEmulatorOptions } from './emulators/handler-api.ts';
export type { HeldText, HeldTexts, LetGo } from './emulators/held-texts.ts';
export { mountEmulators, vendorEmulators } from './emulators/index.ts';
export type { MountOptions } from './emulators/index.ts';
export { smspinverifyEmulator } from './emulators/smspinverify.ts';
export type { SmspinverifyEmulatorOptions } from './emulators/smspinverify.ts';
export type { ReceiptByHand, ToldByHand } from './emulators/told-by-hand.ts';
export { twilioEmulator } from './emulators/twilio.ts';
export type { TwilioEmulatorOptions } from './emulators/twilio.ts';
export { vonageEmulator } from './emulators/vonage.ts';
export type { VonageEmulatorOptions } from './emulators/vonage.ts';
