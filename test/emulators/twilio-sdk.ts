import twilio, { RequestClient } from 'twilio';

type Options<Data> = Parameters<typeof RequestClient.prototype.request<Data>>[0];

/** The SDK's own client, but for where `https://api.twilio.com` is: it has no option for that. */
class RewritingClient extends RequestClient {
  readonly #address: string;
  constructor(address: string) {
    super({ timeout: 5_000 });
    this.#address = address;
  }
  override request<Data>(options: Options<Data>) {
    return super.request<Data>({ ...options, uri: options.uri.replace('https://api.twilio.com', this.#address) });
  }
}

/** Twilio's own SDK on an inbox. `user` is an account, or an API key of `accountSid`. */
export function twilioSdk(inboxUrl: string, user: string, password: string, accountSid = user): twilio.Twilio {
  return twilio(user, password, { accountSid, httpClient: new RewritingClient(`${inboxUrl}/twilio`) });
}
