import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { androidGatewayEmulator } from './android-gateway.ts';
import { awsEmulator } from './aws.ts';
import type { ScriptedCarrier } from './carrier.ts';
import type { Emulator } from './emulator.ts';
import { fiveSimEmulator } from './five-sim.ts';
import { handlerApiEmulator } from './handler-api.ts';
import { programsOnly } from './programs-only.ts';
import { smspinverifyEmulator } from './smspinverify.ts';
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
  return [
    twilioEmulator(),
    vonageEmulator(),
    awsEmulator(),
    androidGatewayEmulator(),
    smspinverifyEmulator(),
    handlerApiEmulator(),
    fiveSimEmulator(),
  ];
}

/** Mounts each emulator below `/{vendor}`, and at the root of the port where it has paths there, for programs of this machine only. */
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
    const root = new Hono();
    root.onError((error) => {
      throw error;
    });
    root.route('/', vendors);
    for (const path of emulator.rootPaths ?? []) app.all(path, (c) => root.fetch(c.req.raw, c.env));
  }
}
