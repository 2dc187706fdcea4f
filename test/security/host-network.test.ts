/** lxc.net.0.type = none: the container shares the host's network, and with it nothing of ours. */
import { once } from 'node:events';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';
import { addBusybox } from '../rig/containers.ts';
import { createContainer } from './attacks.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox', 'seccomp', 'netns');

/** Listens at an abstract name, as programs of the host's do. */
const LISTEN = `use Socket; $| = 1; socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un("\\0canary")) or die;
  listen(S, 9); print "listening\\n"; <STDIN>`;

/** What each may have of the host's network. Its root is the host's in a privileged container. */
const GOT = { u2: [], p3: ['got AF_PACKET', 'got raw ICMP'] } as const;

for (const profile of ['u2', 'p3'] as const) {
  rooted(
    `${profile}: in the host's network it finds no socket of ours, and what sees it only where it is root's`,
    async (t) => {
      const world = await makeWorld(t);
      addBusybox(world, 'other');
      await createContainer(world, 'c1', profile, {
        attacks: ['network'],
        config: ['lxc.net.0.type = none'],
      });
      await world.sh('tlxc-start -n other');
      const { code, stderr } = await world.run('tlxc-start', '-n', 'c1');
      t.is(code, 0, stderr);
      t.regex(
        stderr,
        /warning: .*c1\/config:\d+: .*lxc\.net\.0\.type = none: the container is in the host's network/,
      );
      const host = world.spawn('perl', '-e', LISTEN);
      const ended = once(host, 'exit');
      await once(host.stdout, 'data');
      const said = (await world.sh('tlxc-attach -n c1 -- /network')).trim().split('\n');
      host.stdin.end('enough\n');
      await ended;
      t.deepEqual(
        said.filter((line) => line.startsWith('got ')),
        [...GOT[profile]],
      );
      const answered = new Set(said.filter((line) => line.startsWith('connected ')));
      answered.delete('connected /dev/log'); // its own
      t.deepEqual([...answered], ['connected @canary']);
      t.is(said.at(-1), 'asked all');
      const names = await world.sh(`awk '{ print $8 }' /proc/net/unix`);
      t.regex(names, /monitor\.sock/, 'the monitors are there to be found');
      t.notRegex(names, /^@(?!canary)/m);
      const changed = await world.run(
        'tlxc-attach',
        '-n',
        'c1',
        '--',
        'ip',
        'link',
        'set',
        'lo',
        'mtu',
        '1400',
      );
      t.is(changed.code === 0, profile === 'p3');
    },
  );
}
