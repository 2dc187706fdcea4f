import { see } from './effect.ts';
import { credentials } from './tables/credentials.ts';

see(credentials);
