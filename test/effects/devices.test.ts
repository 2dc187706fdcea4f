import { see } from './effect.ts';
import { devices } from './tables/devices.ts';

see(devices);
