/** Keys of src/config/registry/devices.ts. */
import type { Effect } from '../effect.ts';

export const devices: readonly Effect[] = [];
