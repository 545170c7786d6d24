/**
 * The inbox: stands in for phones in development and tests, and for the vendors that text them. Texts are kept in memory, read by tests over HTTP or directly, and shown live on a
 * page.
 *
 * @module phoneproof/inbox
 */
export { createInbox } from './messages.ts';
export type {
  AfterCursor,
  Inbox,
  InboxEvent,
  InboxMessage,
  MessageFilter,
  NewMessage,
  WaitOptions,
} from './messages.ts';
export { inboxProvider } from './provider.ts';
export { createInboxApp } from './app.ts';
export type { InboxAppOptions } from './app.ts';
export { androidGatewayEmulator } from './emulators/android-gateway.ts';
export type { AndroidGatewayEmulatorOptions } from './emulators/android-gateway.ts';
export { awsEmulator } from './emulators/aws.ts';
export type { AwsEmulatorOptions } from './emulators/aws.ts';
export { createCarrier } from './emulators/carrier.ts';
export type { CarrierOptions, ScriptedCarrier } from './emulators/carrier.ts';
export { breakOff } from './emulators/emulator.ts';
export type { Carrier, Emulator, Fault, ReceiptPlan } from './emulators/emulator.ts';
export type { FaultEntry, FaultScript, ScriptedFault } from './emulators/faults.ts';
export { mountEmulators, vendorEmulators } from './emulators/index.ts';
export type { MountOptions } from './emulators/index.ts';
export { twilioEmulator } from './emulators/twilio.ts';
export type { TwilioEmulatorOptions } from './emulators/twilio.ts';
export { vonageEmulator } from './emulators/vonage.ts';
export type { VonageEmulatorOptions } from './emulators/vonage.ts';
