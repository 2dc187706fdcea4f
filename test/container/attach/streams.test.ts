import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');
/** TLXC_TEST_STREAM_MIB=1024 sends the gigabyte that is promised. */
const mebibytes = Number(process.env['TLXC_TEST_STREAM_MIB'] ?? 64);

rooted('pipes stay pipes, byte for byte, in both directions and through a slow reader', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  await world.sh('tlxc-start -n u1');
  const size = mebibytes * 1024 * 1024;
  // Bytes of every value, the same in each run.
  const source = `perl -e 'my $b = join("", map { chr(($_ * 7) % 256) } 0..65520); my $left = ${size}; while ($left > 0) { my $n = length($b) < $left ? length($b) : $left; print substr($b, 0, $n); $left -= $n }'`;
  const expected = await world.sh(`${source} | sha256sum`);
  t.is(await world.sh(`${source} | tlxc-attach -n u1 -- cat | sha256sum`), expected);
  const slow = `perl -e '$/ = \\65536; while (<STDIN>) { print; select(undef, undef, undef, 0.002) if $. % 16 == 0 }'`;
  t.is(await world.sh(`${source} | tlxc-attach -n u1 -- cat | ${slow} | sha256sum`), expected);
});

rooted('the ends of pipes are seen on the other side', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  await world.sh('tlxc-start -n u1');
  t.is(await world.sh('printf abc | tlxc-attach -n u1 -- wc -c'), '3\n');
  t.is(await world.sh('tlxc-attach -n u1 -- yes | head -n 1'), 'y\n', 'the writer inside gets SIGPIPE');
  t.is(await world.sh('yes | tlxc-attach -n u1 -- true; echo $?'), '0\n', 'the writer outside, too');
  const early = performance.now();
  const closed = `(tlxc-attach -n u1 -- sh -c 'echo out; exec >&- 2>&-; sleep 30' & echo $! >pid) | cat; kill $(cat pid)`;
  t.is(await world.sh(closed), 'out\n');
  t.true(performance.now() - early < 20_000, 'what the command closes is closed for the reader');
  const apart = await world.run('tlxc-attach', '-n', 'u1', '--', 'sh', '-c', 'echo out; echo err >&2');
  t.is(apart.stdout, 'out\n');
  t.is(apart.stderr, 'err\n');
});
