import { see } from './effect.ts';
import { hooks } from './tables/hooks.ts';

see(hooks);
