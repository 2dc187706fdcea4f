import { see } from './effect.ts';
import { process } from './tables/process.ts';

see(process);
