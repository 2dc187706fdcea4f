import { see } from './effect.ts';
import { cgroup } from './tables/cgroup.ts';

see(cgroup);
