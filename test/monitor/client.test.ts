import test from 'ava';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TlxcError } from '../../src/errors.ts';
import { askMonitor, watchMonitor } from '../../src/monitor/client.ts';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';
import { loader } from '../rig/typescript.ts';

const scratch = mkdtempSync(join(tmpdir(), 'tlxc-client-'));
test.after.always(() => rmSync(scratch, { recursive: true, force: true }));
const rooted = requires('root', 'userns', 'idmap', 'busybox');

test('no socket, or one that nobody listens on, is a stopped container', async (t) => {
  t.deepEqual(askMonitor({ socket: join(scratch, 'absent/monitor.sock') }, { op: 'info' }), {
    kind: 'stopped',
  });
  writeFileSync(join(scratch, 'file'), '');
  t.deepEqual(askMonitor({ socket: join(scratch, 'file/monitor.sock') }, { op: 'info' }), {
    kind: 'stopped',
  });
  for await (const event of watchMonitor({ socket: join(scratch, 'absent') })) t.fail(JSON.stringify(event));
});

test('a socket of another kind is an error that names it', async (t) => {
  const socket = join(scratch, 'stream.sock');
  const server = createServer().listen(socket);
  await new Promise((resolve) => server.once('listening', resolve));
  const error = t.throws(() => askMonitor({ socket }, { op: 'info' }), { instanceOf: TlxcError });
  t.like(error.details, { path: socket, errno: 'EPROTOTYPE' });
  server.close();
});

const ask = ['--import', loader, join(import.meta.dirname, 'ask.ts')];

rooted(
  'a running monitor answers, a wedged one delays nobody, a path of any length is reached',
  async (t) => {
    const deep = join(scratch, 'd'.repeat(100));
    mkdirSync(deep);
    const world = await makeWorld(t, { under: deep });
    addBusybox(world, 'u1');
    addBusybox(world, 'u2');
    await world.sh('tlxc-start -n u1; tlxc-start -n u2');
    const sockets = (await world.sh(`ls ${world.runDir}/*/u?/monitor.sock`)).trim().split('\n');
    const answers = async (mode = 'info') =>
      JSON.parse((await world.run(process.execPath, ...ask, mode, ...sockets, '/absent')).stdout) as {
        said: string[];
        took: number;
      };
    t.deepEqual((await answers()).said, ['u1', 'u2', 'stopped']);
    t.deepEqual((await answers('hurry')).said, ['u1', 'u2', 'stopped'], 'one that runs is only slow');
    const instance = JSON.parse(await world.sh(`cat ${world.runDir}/*/u1/instance.json`)) as {
      monitorPid: number;
    };
    await world.sh(`kill -STOP ${instance.monitorPid}`);
    const { said, took } = await answers();
    await world.sh(`kill -CONT ${instance.monitorPid}`);
    t.deepEqual(said, ['unresponsive', 'u2', 'stopped']);
    t.true(took < 500, `${took} ms`);
  },
);

/** Listens where its argument says, naps as often and as long as the next two say before it answers. */
const SLOW = `
  use Socket;
  my ($path, $naps, $seconds) = @ARGV;
  my $socket;
  socket($socket, AF_UNIX, SOCK_SEQPACKET, 0) && bind($socket, pack_sockaddr_un($path)) && listen($socket, 9) or die $!;
  print $$; close STDOUT;
  my $client;
  accept($client, $socket) or die $!;
  recv($client, my $request, 65536, 0);
  select(undef, undef, undef, $seconds) for 1 .. $naps;
  send($client, '{"ok":true,"fds":[],"name":"slow"}', 0);
`;

rooted('one that makes progress is waited for, one that sleeps is not', async (t) => {
  const world = await makeWorld(t);
  const asked = async (naps: number, seconds: number) => {
    const socket = join(world.dir, `${naps}.sock`);
    const slow = world.spawn('perl', '-e', SLOW, socket, String(naps), String(seconds));
    const ended = once(slow, 'exit');
    const [pid] = (await once(slow.stdout, 'data')) as [Buffer];
    const { stdout } = await world.run(process.execPath, ...ask, 'standing', socket);
    await world.run('kill', '-KILL', String(pid));
    await ended;
    return stdout;
  };
  t.is(await asked(15, 0.2), '["slow"]', 'three seconds of work');
  t.is(await asked(1, 1000), '["S"]');
});

rooted('a watch tells each change of state until the end', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  await world.sh('tlxc-start -n u1');
  const socket = (await world.sh(`ls ${world.runDir}/*/u1/monitor.sock`)).trim();
  const watched = world.run(process.execPath, ...ask, 'watch', socket);
  // Stopped only once it watches: the watcher says so first.
  await world.sh(`until [ -e ${world.dir}/watching ]; do sleep 0.05; done; tlxc-stop -k -n u1`);
  t.is((await watched).stdout, 'STOPPING\nSTOPPED\n');
});
