/** Keys of src/config/registry/storage.ts. */
import type { Effect } from '../effect.ts';

export const storage: readonly Effect[] = [];
