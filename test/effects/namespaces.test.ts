import { see } from './effect.ts';
import { namespaces } from './tables/namespaces.ts';

see(namespaces);
