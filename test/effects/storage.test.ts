import { see } from './effect.ts';
import { storage } from './tables/storage.ts';

see(storage);
