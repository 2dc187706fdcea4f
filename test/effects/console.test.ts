import { see } from './effect.ts';
import { console } from './tables/console.ts';

see(console);
