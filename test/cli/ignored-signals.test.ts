/** What the caller ignores (nohup, trap '') stays ignored, as with every program: a lost connection ends no work. */
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'overlay', 'busybox');

/** A line of shell that signals its last command, once that command's own work shows, and tells how it ended. */
const hungUp = (command: string, shows: string): string =>
  `nohup ${command} < /dev/null > /dev/null 2>&1 & p=$!
  until ${shows}; do sleep 0.1; done
  kill -HUP $p; sleep 0.3; tlxc-info -n u1 -sH; touch $HOME/lxc/u1/rootfs/tmp/go; wait $p; echo $?`;

rooted(
  'a program in the container is born with what its caller ignores, and with nothing else',
  async (t) => {
    const world = await makeWorld(t);
    addBusybox(world, 'u1');
    const copied = 'tlxc-copy u1 -q -e -- grep SigIgn /proc/self/status';
    t.regex(await world.sh(`nohup ${copied}`), /\t0+1\n$/);
    t.regex(await world.sh(copied), /\t0+\n$/);
    await world.sh('tlxc-start u1');
    const ignored = 'tlxc-attach -n u1 -- grep SigIgn /proc/self/status';
    t.regex(await world.sh(ignored), /\t0+\n$/);
    t.regex(await world.sh(`nohup ${ignored}`), /\t0+1\n$/);
    t.regex(await world.sh(`trap '' INT HUP; ${ignored}`), /\t0+3\n$/);
    t.regex(await world.sh('tlxc-attach -n u1 -- grep SigIgn /proc/1/status'), /\t0+\n$/);
    t.regex(await world.sh('nohup tlxc-unshare -s UTSNAME -- grep SigIgn /proc/self/status'), /\t0+1\n$/);
    t.regex(await world.sh('tlxc-unshare -s UTSNAME -- grep SigIgn /proc/self/status'), /\t0+\n$/);
    t.is(await world.sh('nohup tlxc-attach -n u1 -- env | grep TLXC_IGNORED; true'), '');
  },
);

rooted('under nohup no command ends by SIGHUP', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const work =
    "tlxc-attach -n u1 -- sh -c 'touch /tmp/begun; until test -e /tmp/go; do sleep 0.1; done; exit 6'";
  await world.sh('tlxc-start u1');
  t.is(await world.sh(hungUp(work, 'test -e $HOME/lxc/u1/rootfs/tmp/begun')), 'RUNNING\n6\n');
  await world.sh('tlxc-stop -k u1; rm -f $HOME/lxc/u1/rootfs/tmp/*');
  const start =
    'tlxc-start -F -n u1 -- sh -c "touch /tmp/begun; until test -e /tmp/go; do sleep 0.1; done; exit 5"';
  t.is(await world.sh(hungUp(start, 'test -e $HOME/lxc/u1/rootfs/tmp/begun')), 'RUNNING\n5\n');
  const listens = 'ls -A $HOME/run/*/.watchers 2> /dev/null | grep -q .';
  await world.sh('tlxc-start u1');
  const wait = world.sh(
    `nohup tlxc-wait -n u1 -s STOPPED > /dev/null 2>&1 & p=$!
    until ${listens}; do sleep 0.1; done; kill -HUP $p; sleep 0.3; tlxc-stop -k u1; wait $p; echo $?`,
  );
  t.is(await wait, '0\n');
});
