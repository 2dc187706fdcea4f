import { see } from './effect.ts';
import { lifecycle } from './tables/lifecycle.ts';

see(lifecycle);
