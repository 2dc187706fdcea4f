/** What system calls are called, of numbers as the kernel's log has them. */
import { spawnSync } from 'node:child_process';
import { nativeFile } from '../../package-root.ts';

/** It looks into a table. */
const DEADLINE_MS = 5000;

/** By "ARCH:NUMBER", the architecture in hexadecimal; those that nobody knows are left out. */
export function syscallNames(pairs: readonly string[]): ReadonlyMap<string, string> {
  const asked = [...new Set(pairs)].filter((pair) => /^[0-9a-f]{1,8}:\d{1,5}$/.test(pair));
  if (asked.length === 0) return new Map();
  const { stdout, error } = spawnSync(nativeFile('tlxc-monitor'), ['syscall-names', ...asked], {
    encoding: 'utf8',
    timeout: DEADLINE_MS,
  });
  const names = error === undefined ? stdout.split('\n') : [];
  return new Map(asked.flatMap((pair, at) => (names[at] ? [[pair, names[at]] as const] : [])));
}
