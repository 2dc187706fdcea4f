import { see } from './effect.ts';
import { running } from './tables/running.ts';

see(running);
