import { see } from './effect.ts';
import { security } from './tables/security.ts';

see(security);
