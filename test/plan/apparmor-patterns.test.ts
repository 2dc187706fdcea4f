import test from 'ava';
import { allBut } from '../../src/plan/apparmor-patterns.ts';

/** As apparmor.d(5) explains them: * and ? stop at a slash, ** does not. */
function regularExpression(pattern: string): RegExp {
  const body = pattern
    .replace(/\./g, '\\.')
    .replace(/\{,\/\*\*\}$/, '(?:|/.+)')
    .replace(/\{,(\[.*\]\*)\}/, '(?:|$1)')
    .replace(/(?<!\.)\*/g, '[^/]*')
    .replace(/(?<!\()\?(?!:)/g, '[^/]');
  return new RegExp(`^${body}$`);
}

const matches = (patterns: readonly string[], path: string): boolean =>
  patterns.some((pattern) => regularExpression(pattern).test(path));

const KEPT = ['net', 'kernel/hostname', 'kernel/shm*', 'kernel/sem', 'fs/binfmt_misc', 'netfoo'];
const patterns = allBut('/proc/sys', KEPT);

for (const path of [
  ...[
    'vm/drop_caches',
    'kernel/core_pattern',
    'kernel/hostname2',
    'kernel/hos',
    'kernel/shx',
    'kernel/semaphore',
  ],
  ...[
    'fs/file-max',
    'fs/binfmt_miscellany',
    'nets',
    'networks/x',
    'kernels',
    'user/max_user_namespaces',
    'n/e',
  ],
  ...['kernel/random/boot_id', 'kernel/hostname.d/x', 'netfood', 'netfo/x'],
])
  test(`all but some: ${path} is matched`, (t) => {
    t.true(matches(patterns, `/proc/sys/${path}`));
  });

for (const path of [
  ...['net', 'net/ipv4/ip_forward', 'netfoo/x', 'kernel', 'kernel/hostname', 'kernel/shmmax', 'kernel/shm'],
  ...['kernel/shm_rmid_forced', 'kernel/sem', 'fs', 'fs/binfmt_misc/register'],
])
  test(`all but some: ${path} is not`, (t) => {
    t.false(matches(patterns, `/proc/sys/${path}`));
  });
