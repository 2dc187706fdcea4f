import { see } from './effect.ts';
import { mounts } from './tables/mounts.ts';

see(mounts);
