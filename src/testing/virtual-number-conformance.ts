import { answerCases } from './virtual-number-cases/answers.ts';
import type { VirtualNumberCase } from './virtual-number-cases/case.ts';
import { connectionCases } from './virtual-number-cases/connections.ts';
import { leaseCases } from './virtual-number-cases/leases.ts';
import { releaseCases } from './virtual-number-cases/releases.ts';
import { secretCases } from './virtual-number-cases/secrets.ts';
import { textCases } from './virtual-number-cases/texts.ts';

export type {
  AnswerMeaning,
  ArrivedText,
  VendorState,
  VirtualNumberAct,
  VirtualNumberCase,
  VirtualNumberUnderTest,
} from './virtual-number-cases/case.ts';

/**
 * Every promise of the `VirtualNumberProvider` port as a case with a name and a `run`, for any test runner. A case runs against a vendor of its own: a real
 * server on loopback that answers as `VirtualNumberUnderTest` says, and does what vendors do on bad days. It is gone when the case is over.
 */
export function virtualNumberConformance(): readonly VirtualNumberCase[] {
  return [...leaseCases, ...textCases, ...answerCases, ...connectionCases, ...releaseCases, ...secretCases];
}
