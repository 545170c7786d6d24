import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { androidGatewayEmulator } from './android-gateway.ts';
import { awsEmulator } from './aws.ts';
import type { ScriptedCarrier } from './carrier.ts';
import type { Emulator } from './emulator.ts';
import { programsOnly } from './programs-only.ts';
import { twilioEmulator } from './twilio.ts';
import { vonageEmulator } from './vonage.ts';

export interface MountOptions {
  emulators: readonly Emulator[];
  carrier: ScriptedCarrier;
  /** Host names, without a port, by which this machine may be called besides `localhost` and loopback addresses. */
  allowedHosts?: readonly string[];
}

const maxBodyBytes = 65_536;

/** An emulator of every vendor that there is one of, each as it is when nothing is configured. */
export function vendorEmulators(): readonly Emulator[] {
  return [twilioEmulator(), vonageEmulator(), awsEmulator(), androidGatewayEmulator()];
}

/** Mounts each emulator below `/{vendor}`, for programs of this machine only. */
export function mountEmulators(app: Hono, { emulators, carrier, allowedHosts = [] }: MountOptions): void {
  const tooLarge = (c: Context): Response => c.text(`Send at most ${maxBodyBytes} bytes.`, 413);
  for (const emulator of emulators) {
    const vendors = new Hono();
    vendors.use(
      programsOnly({ allowedHosts }),
      bodyLimit({ maxSize: maxBodyBytes, onError: tooLarge }),
      carrier.aroundCall,
    );
    emulator.mount(vendors, carrier);
    app.route(`/${emulator.vendor}`, vendors);
  }
}
