/** Text that a container or a file provides never drives the terminal of who looks at it. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { addBusybox } from '../rig/containers.ts';
import type { Outcome } from '../rig/process.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox', 'veth');

/** Sets a title, colours, moves to the line's beginning, C1's CSI in UTF-8 and alone, text from right to left. */
const EVIL = ['\x1b]0;evil\x07', '\x1b[31m', '\rname', '\u009b31m', '\u202eevil', '\x7f\x08'];

function checkHarmless(t: ExecutionContext, what: string, { stdout, stderr }: Outcome): void {
  t.notRegex((stdout + stderr).replace(/[\n\t]/g, ''), /[\p{Cc}\p{Bidi_Control}]/u, what);
}

rooted('names of interfaces, groups, keys, values, paths and directories', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', { config: EVIL.map((text) => `lxc.group = g${text}`) });
  for (const text of EVIL) {
    const dir = join(world.lxcpath, `d${text}`);
    mkdirSync(dir);
    writeFileSync(join(dir, 'config'), '');
  }
  await world.sh('tlxc-start -n c1');
  // The kernel wants no blanks in the name of an interface.
  for (const [index, text] of EVIL.filter((each) => !each.includes('\r')).entries()) {
    const add = ['ip', 'link', 'add', `${index}${text}`.slice(0, 15), 'type', 'veth'];
    const added = await world.run('tlxc-attach', '-n', 'c1', '--', ...add);
    t.is(added.code, 0, added.stderr);
  }
  for (const [index, text] of EVIL.entries()) {
    const place = `/tmp/${index}${text.replaceAll('/', '')}`;
    await world.run('tlxc-attach', '-n', 'c1', '--', 'mkdir', '-p', place);
    await world.run('tlxc-attach', '-n', 'c1', '--', 'mount', '-t', 'tmpfs', `t${text}`, place);
  }
  await world.sh(`tlxc-attach -n c1 -- hostname "$(printf 'h\\033[31m')"`);
  const looks = [
    ['tlxc-ls'],
    ['tlxc-ls', '-1'],
    ['tlxc-ls', '-f', '-F', 'NAME,STATE,GROUPS,INTERFACE,IPV4,IPV6'],
    ['tlxc-ls', '--json'],
    ['tlxc-info', '-n', 'c1'],
    ['tlxc-info', '-n', 'c1', '--json'],
    ['tlxc-config', 'explain', '-n', 'c1'],
    ['tlxc-start', '-n', 'c1', '--plan'],
  ] as const;
  for (const [program, ...words] of looks) {
    const shown = await world.run(program, ...words);
    t.is(shown.code, 0, shown.stderr);
    t.regex(shown.stdout, /c1/);
    checkHarmless(t, [program, ...words].join(' '), shown);
  }
  await world.sh('tlxc-stop -k -n c1');
  const all = EVIL.filter((each) => !each.includes('\r')).join('');
  for (const line of [
    `lxc.ke${all}y = x`,
    `lxc.signal.halt = SIG${all}`,
    `lxc.include = /no${all}`,
    `no line ${all}`,
  ]) {
    addBusybox(world, 'c2', { config: [line] });
    checkHarmless(t, JSON.stringify(line), await world.run('tlxc-start', '-n', 'c2'));
    checkHarmless(t, JSON.stringify(line), await world.run('tlxc-ls', '-f'));
    // One that is only warned of starts.
    await world.run('tlxc-destroy', '-f', '-n', 'c2');
  }
  appendFileSync(join(world.lxcpath, 'c1/config'), `lxc.init.cmd = /no${EVIL[0]}\n`);
  for (const words of [
    ['tlxc-start', '-n', 'c1'],
    ['tlxc-attach', '-n', EVIL[1] ?? ''],
    ['tlxc-start', '-n', 'c1', EVIL[4] ?? ''],
  ]) {
    const [program = '', ...args] = words;
    const failed = await world.run(program, ...args);
    t.not(failed.code, 0);
    checkHarmless(t, program, failed);
  }
});

rooted('sockets and records of containers are for root alone, and none is abstract', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  await world.sh('tlxc-start -n c1');
  t.deepEqual(
    (await world.sh("awk 'NF == 8 { print $8 }' /proc/net/unix"))
      .split('\n')
      .filter((name) => /^@.*(tlxc|lxc|monitor|c1)/.test(name)),
    [],
  );
  const made = await world.sh(`find ${world.runDir} -mindepth 1 -printf '%y %m %u %f\\n'`);
  for (const line of made.trim().split('\n')) t.regex(line, /^(d 700|[fs] 600) root /);
  t.regex(made, /^s 600 root monitor\.sock$/m);
  const stranger = ['setpriv', '--reuid=65534', '--clear-groups', 'tlxc-info', '-n', 'c1', '-p'] as const;
  await world.sh(`chmod 755 ${world.runDir}`);
  const refused = await world.run(...stranger);
  t.is(refused.code, 1);
  t.regex(refused.stderr, /cannot talk to the container's monitor .*permission denied/i);
});
