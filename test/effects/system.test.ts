import { see } from './effect.ts';
import { system } from './tables/system.ts';

see(system);
