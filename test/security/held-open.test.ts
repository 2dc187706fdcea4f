/** What a start holds open when the container's own programs and paths come into play: nothing of the host. */
import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { requires } from '../rig/requires.ts';
import { makePlan, ORIGIN } from '../executor/plan.ts';
import { makePlace, runPlan, script } from '../executor/run.ts';
import type { StartPlan } from '../../src/plan/types.ts';

const both = requires('root', 'userns', 'idmap', 'busybox');

/** All that a start can be made to hold open: kernel parameters take the host's /proc, masks a filesystem of their own. */
function holdMuch(plan: StartPlan): void {
  plan.sysctls.push({ path: 'net/ipv4/ip_forward', value: '1', ownProc: true, origin: ORIGIN });
  plan.protect.push({ op: 'mask', target: 'proc/keys', origin: ORIGIN });
}

const NUMBERS = Array.from({ length: 40 }, (_, fd) => fd);
const LINKS = [
  ...NUMBERS.map((fd) => `/proc/self/fd/${fd}`),
  ...NUMBERS.map((fd) => `/proc/self/fd/${fd}/made/here`),
  ...[3, 4, 5].flatMap((fd) => [`/proc/1/fd/${fd}`, `/proc/thread-self/fd/${fd}`, `/link/${fd}`]),
  ...['/proc/self/cwd', '/proc/1/root', '/proc/self/map_files/x'],
];

for (const unprivileged of [true, false]) {
  const kind = unprivileged ? 'unprivileged' : 'privileged';

  both(`${kind}: init does not begin in a directory that is only held open`, async (t) => {
    const place = makePlace(t);
    const argv = script('pwd; ls -a');
    symlinkSync('/proc/self/fd', join(place.rootfs, 'link'));
    for (const cwd of LINKS) {
      const plan = makePlan({ ...place, argv, unprivileged, change: holdMuch });
      plan.init.cwd = cwd;
      const { failure, output } = await runPlan(plan, place.rootfs);
      t.is(output, '', cwd);
      t.is(failure?.step, 'init directory', cwd);
    }
    t.false(existsSync(join(place.scratch, 'mnt/made')));
    t.false(readdirSync(place.scratch, { recursive: true }).some((path) => String(path).endsWith('made')));
    const plain = makePlan({ ...place, argv: script('pwd'), unprivileged, change: holdMuch });
    plain.init.cwd = '/new/one';
    t.is((await runPlan(plain, place.rootfs)).output, '/new/one\n');
  });

  both(
    `${kind}: a start hook finds nothing of the process that becomes init, and nothing of the host`,
    async (t) => {
      const place = makePlace(t);
      const plan = makePlan({ ...place, argv: script('cat /saw'), unprivileged, change: holdMuch });
      plan.security.capabilities.push('sys_ptrace');
      const look =
        'for f in /proc/1/fd/* /proc/1/cwd /proc/1/root /proc/self/cwd; do readlink $f; done > /saw 2>&1; true';
      plan.hooks.start = [{ argv: ['/bin/sh', '-c', look], timeoutMs: 60_000, origin: ORIGIN }];
      const { output } = await runPlan(plan, place.rootfs);
      // Its own directory, to show that it looked.
      t.is(output, '/\n');
    },
  );
}
