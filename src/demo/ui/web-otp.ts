/** What WebOTP adds to the Credential Management API (https://wicg.github.io/web-otp/). TypeScript does not know it yet. */
interface OtpCredential extends Credential {
  code: string;
}

/** Asks the browser for the code of the next text that names this host. Resolves with null where it cannot, may not or is told to stop. */
export async function codeFromText(signal: AbortSignal): Promise<string | null> {
  if (!('OTPCredential' in window)) return null;
  const options = { otp: { transport: ['sms'] }, signal };
  const credential = await navigator.credentials.get(options as CredentialRequestOptions).catch(() => null);
  return (credential as OtpCredential | null)?.code ?? null;
}
