import { see } from './effect.ts';
import { network } from './tables/network.ts';

see(network);
