import { see } from './effect.ts';
import { apparmor } from './tables/apparmor.ts';

see(apparmor);
