/** tlxc-attach as a process of its own, on this one's streams. */
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { ignoredMask } from '../../host/ignored-signals.ts';
import { packageRoot } from '../../package-root.ts';
import type { Environment } from '../../environment.ts';

/** program: the command that needs it; what it says begins with that name (cli/main.ts), since nobody has typed its own. */
export const spawnAttach = (
  program: string,
  words: readonly string[],
  environment: Environment,
): ChildProcess =>
  spawn(process.execPath, [join(packageRoot, 'bin/tlxc-attach.js'), ...words], {
    argv0: program,
    stdio: 'inherit',
    env: { ...environment, ...ignoredMask() },
  });
