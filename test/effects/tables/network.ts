/** Keys of src/config/registry/network.ts. */
import type { Effect } from '../effect.ts';

export const network: readonly Effect[] = [];
