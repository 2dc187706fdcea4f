import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

rooted(
  'the command has the streams of the caller, and its status is the exit status; nothing stays',
  async (t) => {
    const world = await makeWorld(t);
    addBusybox(world, 'c1');
    const line = 'cat; echo err >&2; cat /proc/1/comm; exit 7';
    const { code, stdout, stderr } = await world.runWith(
      { input: 'in\n' },
      'tlxc-execute',
      '-n',
      'c1',
      '--',
      'sh',
      '-c',
      line,
    );
    t.is(stdout, 'in\ntlxc-init\n');
    t.is(stderr, 'err\n');
    t.is(code, 7);
    t.is((await world.run('tlxc-info', '-n', 'c1', '-s')).stdout, 'State:          STOPPED\n');
    t.is((await world.run('tlxc-execute', '-n', 'c1', '--', 'sh', '-c', 'kill -9 $$')).code, 137);
    t.is((await world.run('tlxc-execute', '-n', 'c1', '-u', '5', '--', 'id', '-u')).stdout, '5\n');
    const missing = await world.run('tlxc-execute', '-n', 'c1', '--', '/nosuch');
    t.like(missing, { code: 127, stderr: 'tlxc-execute: c1: /nosuch: No such file or directory\n' });
  },
);

rooted('init reaps orphans, and nothing of the host is mapped by it', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', { privileged: true });
  // Zombies have their names, too.
  const asleep = 'ps -o comm | grep -x sleep';
  const orphans = `(sleep 1000 & echo $! > /tmp/orphan); until ${asleep} > /dev/null; do usleep 10000; done; kill $(cat /tmp/orphan)
    for i in $(seq 300); do ${asleep} > /dev/null || break; usleep 100000; done; ${asleep} | wc -l; readlink /proc/1/exe`;
  const { stdout } = await world.run('tlxc-execute', '-n', 'c1', '--', 'sh', '-c', orphans);
  t.regex(stdout, /^0\n\/memfd:tlxc-init \(deleted\)\n$/);
});

rooted('with -d it is left to itself, and the container ends with what runs in it', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  const { code } = await world.run(
    'tlxc-execute',
    '-n',
    'c1',
    '-d',
    '--',
    'sh',
    '-c',
    'until [ -e /go ]; do sleep 0.05; done',
  );
  t.is(code, 0);
  t.is((await world.run('tlxc-info', '-n', 'c1', '-s')).stdout, 'State:          RUNNING\n');
  t.is((await world.run('tlxc-execute', '-n', 'c1', '--', 'true')).code, 1, 'it runs already');
  await world.sh('tlxc-attach -n c1 -- touch /go');
  const stopped = async (): Promise<true | undefined> =>
    /STOPPED/.test((await world.run('tlxc-info', '-n', 'c1', '-s')).stdout) || undefined;
  t.true(await eventually(30, stopped));
});

rooted('without a command it says what to do', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  const { code, stderr } = await world.run('tlxc-execute', '-n', 'c1');
  t.is(code, 1);
  t.regex(stderr, /c1: no command to execute\n {2}hint: give one after --, or set lxc\.execute\.cmd/);
});

for (const command of ['tlxc-execute -n c1 -- sleep 1000', 'tlxc-start -F -n c1 -- sleep 1000'])
  for (const signal of ['INT', 'TERM', 'HUP'])
    rooted(
      `${command}: SIG${signal} while the container starts ends it all, and leaves nothing`,
      async (t) => {
        const world = await makeWorld(t);
        const waits = `sh -c 'touch ${world.dir}/started; until [ -e ${world.dir}/go ]; do sleep 0.02; done'`;
        addBusybox(world, 'c1', { config: [`lxc.hook.pre-start = ${waits}`] });
        // A shell has what it runs in the background pass over SIGINT.
        const run = `perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' ${command}`;
        const line =
          `${run} & pid=$!; until [ -e started ]; do sleep 0.02; done; ` +
          `kill -${signal} $pid; touch go; wait $pid; echo $?`;
        const status = { INT: 130, TERM: 143, HUP: 129 }[signal];
        t.is(await world.sh(line), `${status}\n`);
        t.is((await world.run('tlxc-info', '-n', 'c1', '-s')).stdout, 'State:          STOPPED\n');
      },
    );
