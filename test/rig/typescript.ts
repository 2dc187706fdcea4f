/** node --import=LOADER FILE.ts: how a test runs a program of its own in another process. */
import { fileURLToPath } from 'node:url';

export const loader = fileURLToPath(new URL('../../.ci/typescript.js', import.meta.url));
