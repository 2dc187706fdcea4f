import type { ExecutionContext } from 'ava';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox, type ContainerOptions } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');
const filtered = requires('root', 'userns', 'idmap', 'busybox', 'seccomp');

async function running(t: ExecutionContext, options: ContainerOptions = {}): Promise<World> {
  const world = await makeWorld(t);
  addBusybox(world, 'u1', options);
  await world.sh('tlxc-start -n u1');
  return world;
}

const restrictions = /^(Cap\w+|NoNewPrivs|Seccomp|Groups):.*$/gm;

for (const privileged of [false, true]) {
  const kind = privileged ? 'privileged' : 'unprivileged';

  filtered(`${kind}: an attached process may do what init may do, and no more`, async (t) => {
    const world = await makeWorld(t);
    await world.sh(`printf '2\\ndenylist\\nkeyctl errno 1\\n' > ${world.dir}/policy`);
    const config = ['lxc.cap.drop = sys_module sys_time mknod', `lxc.seccomp.profile = ${world.dir}/policy`];
    addBusybox(world, 'u1', { privileged, config });
    await world.sh('tlxc-start -n u1');
    const status = await world.sh('tlxc-attach -n u1 -- cat /proc/1/status /proc/self/status');
    const [init, self] = status
      .split(/^Name:/m)
      .slice(1)
      .map((text) => text.match(restrictions));
    t.deepEqual(self, init);
    t.true(self?.includes('Seccomp:\t2'));
    t.true(self?.includes('CapInh:\t0000000000000000') && self.includes('CapAmb:\t0000000000000000'));
  });

  rooted(`${kind}: no descriptor of the caller's is open inside`, async (t) => {
    const world = await running(t, { privileged });
    const line = `bash -c "exec 7</ 9</etc/shadow 63</sys/fs/cgroup 251</proc 1000</; tlxc-attach -n u1 -- ls -1 /proc/self/fd"`;
    // 3 is the directory that ls reads.
    t.is(await world.sh(line), '0\n1\n2\n3\n');
  });

  rooted(
    `${kind}: whoever watches from inside sees only tlxc-enter's sealed image and what init may do`,
    async (t) => {
      const world = await running(t, { privileged, config: ['lxc.cap.drop = sys_module'] });
      const watch =
        'while :; do for p in /proc/[0-9]*; do readlink $p/exe; grep -h CapBnd $p/status; ls -l $p/fd; done; done';
      const attaches = 'i=0; while [ $i -lt 40 ]; do tlxc-attach -n u1 -- true; i=$((i+1)); done';
      await world.sh(
        `tlxc-attach -n u1 -- sh -c '${watch}' > seen 2>/dev/null & pid=$!
       until [ -s seen ]; do sleep 0.1; done; TLXC_HOST_SECRET=1; ${attaches}; kill $pid; wait $pid || true`,
      );
      const seen = new Set(readFileSync(join(world.dir, 'seen'), 'utf8').split('\n'));
      const executables = [...seen].filter((line) => line.startsWith('/'));
      t.deepEqual(
        executables.filter((path) => path !== '/bin/busybox' && !path.startsWith('/memfd:tlxc-enter')),
        [],
      );
      t.is([...seen].filter((line) => line.startsWith('CapBnd')).length, 1);
      t.false([...seen].some((line) => /-> .*(rootfs|tlxc\.node|\/usr\/)/.test(line)));
    },
  );
}

rooted("the caller's session keyring stays outside", async (t) => {
  const world = await running(t);
  // keyctl(KEYCTL_JOIN_SESSION_KEYRING), add_key(user, tlxc-host-secret) into it.
  const plant =
    'syscall(250, 1, 0) >= 0 or die "keyctl: $!"; my @k = ("user", "tlxc-host-secret", "s"); ' +
    'syscall(248, $k[0], $k[1], $k[2], 1, -3) >= 0 or die "add_key: $!"; exec @ARGV';
  const outside = await world.run('perl', '-e', plant, 'cat', '/proc/keys');
  t.regex(outside.stdout, /tlxc-host-secret/, 'planted');
  const inside = await world.run('perl', '-e', plant, 'tlxc-attach', '-n', 'u1', '--', 'cat', '/proc/keys');
  t.is(inside.code, 0);
  t.notRegex(inside.stdout, /tlxc-host-secret/);
});

rooted("the host's /dev/null does not go in, where root could change it", async (t) => {
  const world = await running(t, { privileged: true });
  const inode = 'stat -L -c %d:%i /proc/self/fd/0 </dev/null';
  const outside = await world.sh(inode);
  const inside = await world.sh('tlxc-attach -n u1 -- stat -L -c %d:%i /proc/self/fd/0 </dev/null');
  t.not(inside, outside);
  await world.sh('tlxc-attach -n u1 -- sh -c "rm /dev/null; echo > /dev/null"');
  const refused = await world.run('tlxc-attach', '-n', 'u1', '--', 'true');
  t.is(refused.code, 1);
  t.regex(refused.stderr, /\/dev\/null is not the null device/);
});
