import type { ExecutionContext } from 'ava';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { Terminal } from '../rig/terminal.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox', 'terminal');

async function running(t: ExecutionContext, inittab: string, config: readonly string[] = []): Promise<World> {
  const world = await makeWorld(t);
  addBusybox(world, 'u1', { config });
  await world.sh(`cat >> ${world.lxcpath}/u1/rootfs/etc/inittab`, { input: inittab });
  await world.sh('tlxc-start -n u1');
  return world;
}

/** A terminal that runs the command, once it is connected. */
async function connected(
  t: ExecutionContext,
  world: World,
  command: string,
  greeting: string,
): Promise<Terminal> {
  const terminal = new Terminal(world, command, { rows: 33, columns: 99 });
  await terminal.shows(/^Connected to tty \d+\nType /m);
  t.true(terminal.output.replaceAll('\r\n', '\n').startsWith(greeting), terminal.output);
  return terminal;
}

const banner = (tty: number, key = 'Ctrl+a') =>
  `\nConnected to tty ${tty}\nType <${key} q> to exit the console, <${key} ${key}> to enter ${key} itself\n`;

rooted('a tty is a terminal on its getty; the escape leaves it and the terminal as it was', async (t) => {
  const world = await running(t, 'tty1::respawn:-/bin/sh\n', ['lxc.tty.max = 2']);
  const terminal = await connected(t, world, 'tlxc-console -n u1 -t 1', banner(1));
  terminal.press('\r');
  terminal.press('stty size; echo a-$((1+1))-z\r');
  await terminal.shows(/^33 99\na-2-z$/m);
  terminal.press('\u0001q');
  t.regex(await terminal.end(), /status 0\n$/);
});

rooted('-t 0 is the console, -e another escape, no -t the next free tty', async (t) => {
  const world = await running(t, 'console::respawn:-/bin/sh\n', ['lxc.tty.max = 2']);
  const terminal = await connected(t, world, 'tlxc-console -n u1 -t 0 -e ^b', banner(0, 'Ctrl+b'));
  terminal.press('echo a-$((1+1))-z\r');
  await terminal.shows(/^a-2-z$/m);
  terminal.press('\u0002q');
  t.regex(await terminal.end(), /status 0\n$/);
  const next = await connected(t, world, 'tlxc-console -n u1', banner(1));
  next.press('\u0001q');
  t.regex(await next.end(), /status 0\n$/);
});

rooted('a tty that is in use or does not exist is refused', async (t) => {
  const world = await running(t, '', ['lxc.tty.max = 1']);
  const missing = await world.run('tlxc-console', '-n', 'u1', '-t', '2');
  t.is(missing.code, 1);
  t.is(
    missing.stderr,
    'tlxc-console: u1: cannot open tty 2: the container has no such tty (lxc.tty.max)\n  hint: take another tty (-t N); lxc.tty.max and lxc.console.path say which there are\n',
  );
  const first = await connected(t, world, 'tlxc-console -n u1 -t 1', banner(1));
  const busy = await world.sh('tlxc-console -n u1 -t 1 2>&1 </dev/null; echo $?');
  first.press('\u0001q');
  t.regex(await first.end(), /status 0\n$/);
  t.is(
    busy,
    'tlxc-console: u1: cannot open tty 1: it is in use already\n  hint: take another tty (-t N); lxc.tty.max and lxc.console.path say which there are\n1\n',
  );
});

rooted('a container that does not run has no console', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const outcome = await world.run('tlxc-console', '-n', 'u1');
  t.is(outcome.code, 1);
  t.is(outcome.stderr, 'tlxc-console: u1 is not running\n  hint: tlxc-start -n u1 starts it\n');
});

rooted('a foreground start is the console, and ends as init ends', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const ended = await world.run('tlxc-start', '-n', 'u1', '-F', '--', '/bin/sh', '-c', 'echo said; exit 5');
  t.is(ended.stdout.replaceAll('\r\n', '\n'), 'said\n');
  t.is(ended.code, 5);
  const input = 'echo a-$((1+1))-z; exit 6\n';
  const talked = await world.runWith({ input }, 'tlxc-start', '-n', 'u1', '-F', '--', '/bin/sh');
  t.regex(talked.stdout, /a-2-z/);
  t.is(talked.code, 6);
  // As LXC: of two words for one thing the last.
  t.is((await world.run('tlxc-start', '-n', 'u1', '-d', '-F', '--', '/bin/sh', '-c', 'exit 7')).code, 7);
  t.is(await world.sh('tlxc-start -n u1 -F -d; tlxc-info -n u1 -sH'), 'RUNNING\n');
});
