import { see } from './effect.ts';
import { seccomp } from './tables/seccomp.ts';

see(seccomp);
