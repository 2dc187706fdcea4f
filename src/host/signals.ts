/** Signal numbers by name, signal(7). */
import { constants } from 'node:os';

/** As programs linked with glibc or musl see them: the C library keeps 32 and 33 (34 under musl) for itself. */
const REAL_TIME = { SIGRTMIN: 34, SIGRTMAX: 64 };

export const signalNumbers: Readonly<Record<string, number>> = { ...constants.signals, ...REAL_TIME };
