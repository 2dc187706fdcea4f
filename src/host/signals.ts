/** Signal numbers by name, those with which real-time ones are counted too. */
import { signalNumbers as numbers } from '../signal-numbers.ts';

/** As programs linked with glibc or musl see them: the C library keeps 32 and 33 (34 under musl) for itself. */
const REAL_TIME = { SIGRTMIN: 34, SIGRTMAX: 64 };

export const signalNumbers: Readonly<Record<string, number>> = { ...numbers, ...REAL_TIME };
