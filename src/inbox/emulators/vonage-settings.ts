import { isWebAddress } from './web-address.ts';

/** Where an account is told of replies (`moCallBackUrl`) and receipts (`drCallBackUrl`), unless a message says otherwise. */
export interface AccountSettings {
  readonly inboundUrl: string | undefined;
  readonly receiptUrl: string | undefined;
}

/** The settings of accounts. */
export interface VonageSettings {
  of(apiKey: string): AccountSettings;
  /** Changes those that are given, and answers with what is set then: `POST /account/settings`. */
  change(apiKey: string, fields: Readonly<Record<string, string>>): Response;
}

const maxAccounts = 100;

/** Makes settings in which every account begins with the same. */
export function createVonageSettings(usual: AccountSettings): VonageSettings {
  const accounts = new Map<string, AccountSettings>();

  const of = (apiKey: string): AccountSettings => accounts.get(apiKey) ?? usual;

  return {
    of,
    change(apiKey, { moCallBackUrl, drCallBackUrl }) {
      const isValid = [moCallBackUrl, drCallBackUrl].every((url) => !url || isWebAddress(url));
      if (!isValid) {
        const label = 'A callback must begin with http:// or https://';
        return Response.json({ 'error-code': '420', 'error-code-label': label }, { status: 420 });
      }
      const { inboundUrl, receiptUrl } = of(apiKey);
      const changed = {
        // An empty one takes the address away.
        inboundUrl: (moCallBackUrl ?? inboundUrl) || undefined,
        receiptUrl: (drCallBackUrl ?? receiptUrl) || undefined,
      };
      accounts.delete(apiKey);
      accounts.set(apiKey, changed);
      if (accounts.size > maxAccounts) accounts.delete(accounts.keys().next().value ?? '');
      return Response.json({
        'mo-callback-url': changed.inboundUrl ?? '',
        'dr-callback-url': changed.receiptUrl ?? '',
        'max-outbound-request': 30,
        'max-inbound-request': 30,
        'max-calls-per-second': 30,
      });
    },
  };
}
