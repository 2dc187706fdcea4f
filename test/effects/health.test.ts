import { see } from './effect.ts';
import { health } from './tables/health.ts';

see(health);
