/** Keys of src/config/registry/security.ts. */
import type { Effect } from '../effect.ts';

export const security: readonly Effect[] = [];
