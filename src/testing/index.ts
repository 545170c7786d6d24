export { virtualClock, type VirtualClock } from './clock.ts';
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
