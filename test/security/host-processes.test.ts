/**
 * A container that is in the host's PID namespace, and has its /proc: its root sees whoever enters before they are inside.
 * strace holds them up where they have joined the container's user namespace and are not yet one of its users.
 */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeUser } from '../rig/user.ts';
import { makeWorld, type World } from '../rig/world.ts';
import { attackProgram, plant } from './attacks.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox', 'strace');
const users = requires('root', 'userns', 'users', 'busybox', 'strace', 'terminal');

const SEES_THE_HOST = [
  'lxc.mount.auto =',
  'lxc.namespace.keep = pid',
  'lxc.mount.entry = /proc proc none rbind 0 0',
];
const INIT = '-- /bin/sleep 1000';

const held = (command: string): string =>
  `strace -f -qq -o /dev/null -e trace=setresgid,setgroups -e inject=setresgid,setgroups:delay_enter=700000 ${command}`;

/** A line of shell during which c1's root looks at every process; what it could get hold of is in the file seen. */
const stalked = (line: string): string => `mkfifo end; tlxc-attach -n c1 -- /stalk < end > seen & exec 9> end
  until grep -q stalking seen; do sleep 0.05; done
  ${line}
  status=$?; exec 9>&-; wait; exit $status`;

/** What it opened of files that are not in its root filesystem, nor what an attach is, nor what it writes to itself. */
async function strangers(world: World, seen: string, rootfs: string, output: string): Promise<string[]> {
  const own = new Set((await world.sh(`find ${rootfs} ${output} -printf '%i\\n'`)).split('\n'));
  const isOwn = (line: string): boolean =>
    own.has(/:(\d+) /.exec(line)?.[1] ?? '') || line.includes(' /memfd:tlxc-enter');
  return seen.split('\n').filter((line) => line.startsWith('open ') && !isOwn(line));
}

for (const [what, command] of [
  ['an attach', 'tlxc-attach -n c1 -- true'],
  ['a copy of a file', 'tlxc-file push /etc/hostname c1/root/'],
  ['a device', 'tlxc-device -n c1 add /dev/full /dev/another'],
] as const)
  rooted(`root's: ${what} shows it nothing of the host`, async (t) => {
    const world = await makeWorld(t);
    addBusybox(world, 'c1', { config: SEES_THE_HOST });
    plant(world, 'c1', 'stalk');
    await world.sh(`tlxc-start -n c1 ${INIT}`);
    await world.sh(stalked(held(command)));
    const seen = await world.sh('cat seen');
    t.deepEqual(await strangers(world, seen, join(world.lxcpath, 'c1/rootfs'), 'seen'), []);
    t.regex(seen, /^open /m, 'it did look');
    t.regex(seen, /^capabilities 0*1ffffffffff$/m, 'and saw the host');
  });

rooted("root's: the proxy of its ports shows it nothing of the host", async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', { config: SEES_THE_HOST });
  plant(world, 'c1', 'stalk');
  await world.sh(`tlxc-start -n c1 ${INIT}`);
  // It is the monitor's child, whoever asks for the port.
  const line = `monitor=$(pgrep -f '^\\[tlxc monitor\\] .* c1$')
  ${held('-p $monitor')} & tracer=$!
  until grep -q '^TracerPid:.*[1-9]' /proc/$monitor/status; do sleep 0.05; done
  tlxc-device -n c1 add proxy 'tcp 127.0.0.1:8080 -> 80'
  kill $tracer; wait $tracer || true; pgrep tlxc-proxy > /dev/null`;
  await world.sh(stalked(line));
  const seen = await world.sh('cat seen');
  t.deepEqual(await strangers(world, seen, join(world.lxcpath, 'c1/rootfs'), 'seen'), []);
  t.regex(seen, /^open /m, 'it did look');
  t.regex(seen, /^capabilities 0*1ffffffffff$/m, 'and saw the host');
});

users('a user’s: an attach, and the opening of its terminal, show it nothing of the user', async (t) => {
  const user = await makeUser(t);
  const lines = ['lxc.net.0.type = empty', ...SEES_THE_HOST];
  await user.sh(`printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} > seed
    tlxc-create -n c1 -f seed -t busybox -B dir`);
  const rootfs = join(user.home, '.local/share/tlxc/c1/rootfs');
  copyFileSync(attackProgram('stalk'), join(rootfs, 'stalk'));
  await user.sh(`tlxc-start -n c1 ${INIT}`);
  const typed = `script -qec '${held('tlxc-attach -n c1 -- true')}' /dev/null </dev/null`;
  await user.sh(stalked(typed));
  const seen = await user.sh('cat seen');
  t.deepEqual(await strangers(user.world, seen, rootfs, 'home/seen'), []);
  t.regex(seen, /^open /m, 'it did look');
});
