import type { ExecutionContext } from 'ava';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox', 'terminal');

async function running(t: ExecutionContext): Promise<World> {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  await world.sh('tlxc-start -n u1');
  return world;
}

/** What a terminal of 33 x 99 shows while the shell line runs on it. */
async function onTerminal(world: World, line: string, input = ''): Promise<string> {
  const script = `stty rows 33 cols 99; ${line}`;
  const outcome = await world.runWith({ input }, 'script', '-qE', 'never', '-ec', script, '/dev/null');
  // "^@" is how script tells the terminal that its own input has ended.
  return outcome.stdout.replaceAll('\r\n', '\n').replaceAll('^@', '');
}

rooted(
  "a terminal gets a pty of the container's own, with the caller's size, owned by the user",
  async (t) => {
    const world = await running(t);
    const shown = await onTerminal(world, `tlxc-attach -n u1 -- sh -c 'tty; stty size; ls -ln $(tty)'`);
    const [tty, size, owner] = shown.trim().split('\n');
    t.regex(tty ?? '', /^\/dev\/pts\/\d+$/);
    t.is(size, '33 99');
    t.regex(owner ?? '', /^crw--w---- +1 0 +5 /);
  },
);

rooted('the caller’s terminal cannot be reached from inside', async (t) => {
  const world = await running(t);
  // Standard streams, controlling terminal and descriptors are all the same pty of the container's devpts.
  const inside =
    'tty; for i in 0 1 2; do readlink /proc/self/fd/$i; done; ls -1 /proc/self/fd; stat -c %t:%T $(tty); ' +
    'cut -d" " -f6,7 /proc/self/stat';
  const lines = (await onTerminal(world, `tlxc-attach -n u1 -- sh -c '${inside}'`)).trim().split('\n');
  t.is(new Set(lines.slice(0, 4)).size, 1, lines.join());
  t.deepEqual(lines.slice(4, 8), ['0', '1', '2', '3'], 'only the directory being read besides');
  const [, minor = ''] = (lines[8] ?? '').split(':');
  const [session, ttyNumber] = (lines[9] ?? '').split(' ').map(Number);
  t.not(session, 0, 'a session whose leader is inside');
  t.is(ttyNumber, (136 << 8) | parseInt(minor, 16));
});

rooted('only what is a terminal is replaced; the terminal is as it was afterwards', async (t) => {
  const world = await running(t);
  const mixed = await onTerminal(
    world,
    `before=$(stty -g); echo piped | tlxc-attach -n u1 -- sh -c 'cat; test -t 0 || echo no; test -t 1 && echo yes'
     [ "$(stty -g)" = "$before" ] && echo same`,
  );
  t.is(mixed, 'piped\nno\nyes\nsame\n');
  const shell = await onTerminal(
    world,
    `before=$(stty -g); tlxc-attach -n u1; echo "status $?"; [ "$(stty -g)" = "$before" ] && echo same`,
    'test -t 0 && echo a-$((1+1))-z; exit 4\n',
  );
  t.regex(shell, /a-2-z/);
  t.regex(shell, /status 4\nsame\n$/);
  const killed = await onTerminal(
    world,
    `before=$(stty -g); (sleep 1; pkill -TERM -f "^tlxc-pty attach") & tlxc-attach -n u1 -- sleep 100
     echo "status $?"; [ "$(stty -g)" = "$before" ] && echo same`,
  );
  t.is(killed, 'status 143\nsame\n');
});

rooted('all that a command printed before its end is shown, and logged with -L', async (t) => {
  const world = await running(t);
  const line = 'tlxc-attach -n u1 -L log -- sh -c "seq 1 50000; echo end" | tail -n 1';
  t.is(await onTerminal(world, line.replace(' | tail -n 1', ' > /dev/null; echo done')), 'done\n');
  const shown = await onTerminal(world, 'tlxc-attach -n u1 -L log -- seq 1 50000');
  t.is(shown.trim().split('\n').length, 50000);
  t.true(readFileSync(join(world.dir, 'log'), 'utf8').endsWith('49999\r\n50000\r\n'));
});
