import { requires } from './requires.ts';
import { makeWorld } from './world.ts';

const rooted = requires('root', 'netns');

rooted('a world has places, processes, a network and cgroups of its own', async (t) => {
  const world = await makeWorld(t);
  t.is(await world.sh('echo $TLXC_CONF; ip -br link | cut -d" " -f1'), `${world.dir}/tlxc.conf\nlo\n`);
  t.is(await world.sh('ls /sys/class/net'), 'lo\n');
  t.is(await world.sh('cat /proc/1/comm'), 'perl\n');
  t.notRegex(await world.sh('cat /proc/self/cgroup'), /\.\./);
  t.is((await world.run('sh', '-c', 'exit 7')).code, 7);
  t.is((await world.runWith({ input: 'abc' }, 'cat')).stdout, 'abc');
});

rooted('what is left in a world is seen', async (t) => {
  const world = await makeWorld(t);
  await world.sh('sleep 1000 >/dev/null 2>&1 & ip link add tap9 type bridge; mount -t tmpfs tmpfs /mnt');
  await world.sh('mkdir /sys/fs/cgroup/pids/left 2>/dev/null || mkdir /sys/fs/cgroup/left');
  const left = (await world.leaks()).map((line) => line.replace(/\d+ |\/\S*\/(?=left)/, ''));
  t.deepEqual([...left].sort(), ['cgroup left', 'interface tap9', 'mount /mnt', 'process sleep']);
  await world.sh(
    'kill $(pidof sleep); ip link del tap9; umount /mnt; rmdir /sys/fs/cgroup/pids/left || rmdir /sys/fs/cgroup/left',
  );
  t.deepEqual(await world.leaks(), []);
});
