export { virtualClock, type VirtualClock } from './clock.ts';
export {
  connectInbox,
  type InboxClient,
  type InboxClientOptions,
  type TestMessage,
  type TestPhone,
  type WaitForText,
} from './inbox-client.ts';
export { inboxFixtures, type InboxFixtures } from './inbox-fixtures.ts';
export {
  providerConformance,
  type ProviderCase,
  type ProviderUnderTest,
  type ReceiptAbout,
  type ReceiptsUnderTest,
  type VendorReply,
} from './provider-conformance.ts';
export { recordingProvider, type RecordingProvider, type SendOutcome } from './recording-provider.ts';
export { storeConformance, type ConformanceCase, type StoreContext } from './store-conformance.ts';
export {
  virtualNumberConformance,
  type AnswerMeaning,
  type ArrivedText,
  type VendorState,
  type VirtualNumberAct,
  type VirtualNumberCase,
  type VirtualNumberUnderTest,
} from './virtual-number-conformance.ts';
