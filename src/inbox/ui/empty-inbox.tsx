import { apiUrl } from './ask.ts';
import { Copyable } from './copyable.tsx';
import { asCurl, waitingCurl } from './curl.ts';
import { sendingVendors } from './info.ts';
import { connection, serviceIsThere } from './state.ts';

/** What the inbox says before the first text: where texts come from, and a line that sends one. */
export function EmptyInbox() {
  if (connection.value === 'absent') return <NoInbox />;
  const to = '+12025550143';
  const command = serviceIsThere.value
    ? asCurl(new URL('v1/verifications', location.href).href, { to })
    : asCurl(apiUrl('messages'), { to, body: '493817 is your code.' });
  const vendors = sendingVendors.value;
  return (
    <div class="empty-inbox">
      <div class="empty-inside">
        <h2>No texts yet</h2>
        <p>What would go to a phone lands here, on the phone of its number, as it arrives. Send the first:</p>
        <Copyable text={command} what="command" head="In a terminal" />
        {vendors.length > 0 && (
          <>
            <p>Point your app's SMS client here instead of at its vendor; nothing else in it changes:</p>
            <Copyable text={vendorAddresses(vendors)} what="addresses" head="In your app" />
          </>
        )}
        <p>Then have a test wait for the code:</p>
        <Copyable text={waitingCurl(to)} what="waiting call" head="In a test" />
        {serviceIsThere.value && (
          <p>
            Or go the whole way, from a number to a verified one, in the <a href="./">demo</a>.
          </p>
        )}
      </div>
    </div>
  );
}

function NoInbox() {
  return (
    <div class="empty-inbox">
      <div class="empty-inside">
        <h2>No inbox here</h2>
        <p>Texts go elsewhere on this port. An inbox of its own starts with:</p>
        <Copyable text="npx phoneproof inbox" what="command" head="In a terminal" />
      </div>
    </div>
  );
}

/** Each vendor's base address, one a line. */
function vendorAddresses(vendors: readonly string[]): string {
  const longest = Math.max(...vendors.map((vendor) => vendor.length));
  return vendors.map((vendor) => `${vendor.padEnd(longest)}  ${new URL(vendor, location.href).href}`).join('\n');
}
