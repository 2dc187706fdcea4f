/** Keys of src/config/registry/lifecycle.ts. */
import type { Effect } from '../effect.ts';

export const lifecycle: readonly Effect[] = [];
