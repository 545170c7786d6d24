export { createVerifier, type Verifier, type VerifierOptions } from './verifier.ts';
export type {
  ApproveOptions,
  CheckOptions,
  NumberOptions,
  OnceOptions,
  OnceWork,
  ReceiptOptions,
  StartOptions,
  TargetOptions,
} from './requests.ts';
export type * from './results.ts';
export type { Delivery, DeliveryStatus, EndedStatus, Verification, VerificationStatus } from './verification.ts';
export type { TestNumbersOptions } from './test-numbers.ts';
export type { TextHint } from './texts/fit.ts';
export type { TextOptions } from './texts/texts.ts';
export type { TextTemplate, VariableType } from './texts/templates.ts';
export { isFictional } from './fictional-numbers.ts';
export { defaultPolicy, resolvePolicy, type Policy, type PolicyContext } from './policy.ts';
export type { SecretInput } from './keyring.ts';
export {
  formatPhoneNumber,
  maskPhoneNumber,
  parsePhoneNumber,
  type LineType,
  type ParsedPhoneNumber,
  type PhoneNumber,
} from './phone-number.ts';
export type { VerifierEvent, VerifierEventMap } from './events.ts';
export * from './errors.ts';
export type {
  Accepted,
  Channel,
  EarlierDelivery,
  HandOver,
  Message,
  Provider,
  Receipt,
  ReceiptRequest,
  RegisteredText,
} from './providers/provider.ts';
export type * from './stores/store.ts';
