import type { Store } from '../../src/index.ts';
import type { VirtualClock } from '../../src/testing/clock.ts';

/** Opens a store on data of its own that nothing has touched, which goes by the clock. Whoever asks for it closes it. */
export type OpenStore = (clock: VirtualClock) => Store | Promise<Store>;
