import { existsSync } from 'node:fs';
import { requires } from '../rig/requires.ts';
import { Terminal } from '../rig/terminal.ts';
import { makeWorld } from '../rig/world.ts';

const test = requires('root');

test('without -t: a template must be specified, "none" for no rootfs', async (t) => {
  const world = await makeWorld(t);
  const { code, stderr } = await world.run('tlxc-create', '-n', 'c1');
  t.is(code, 1);
  t.regex(
    stderr,
    /^tlxc-create: c1: A template must be specified\n.*Use "none" if you really want a container without a rootfs/,
  );
});

test('names: none, one that cannot be, one that exists', async (t) => {
  const world = await makeWorld(t);
  t.regex((await world.run('tlxc-create', '-t', 'none')).stderr, /No container name specified/);
  t.regex(
    (await world.run('tlxc-create', '-t', 'none', '-n', '../x')).stderr,
    /"\.\.\/x" is not a container name/,
  );
  t.is((await world.run('tlxc-create', '-t', 'none', '-n', 'c1')).code, 0);
  const again = await world.run('tlxc-create', '-t', 'none', '-n', 'c1');
  t.is(again.code, 1);
  t.is(
    again.stderr,
    'tlxc-create: c1: Container already exists\n  hint: choose another name, or remove it: tlxc-destroy -n c1\n',
  );
});

test('an option of a store is refused where nothing is stored', async (t) => {
  const world = await makeWorld(t);
  const { code, stderr } = await world.run('tlxc-create', '-n', 'c1', '-t', 'none', '--vgname', 'x');
  t.is(code, 1);
  t.regex(stderr, /--vgname cannot be used with -t none/);
});

test('busybox: two containers of one image, said in a line each, and --help of the template', async (t) => {
  const world = await makeWorld(t);
  t.is((await world.run('tlxc-create', '-n', 'c1', '-t', 'busybox')).stdout, 'Building an image: busybox\n');
  t.is(
    (await world.run('tlxc-create', '-n', 'c2', '-t', 'busybox')).stdout,
    'Using image from local cache: busybox\n',
  );
  t.is((await world.run('tlxc-create', '-q', '-n', 'c3', '-t', 'busybox')).stdout, '');
  const help = await world.run('tlxc-create', '-n', 'c4', '-t', 'busybox', '--', '--help');
  t.is(help.code, 0);
  t.regex(help.stdout, /--busybox-path=PATH/);
  t.false(existsSync(`${world.lxcpath}/c4`));
});

test("-t TEMPLATE -h: the template's options after our own, of a program too", async (t) => {
  const world = await makeWorld(t);
  const built = await world.run('tlxc-create', '-t', 'busybox', '-h');
  t.is(built.code, 0);
  t.regex(built.stderr, /^Usage: tlxc-create /);
  t.regex(built.stdout, /^\nTemplate options of busybox .*\n +--busybox-path=PATH/);
  t.is((await world.run('tlxc-create', '-h', '-t', 'busybox')).stdout, '');
  await world.furnish(
    `printf '#!/bin/sh\\necho "own words for $*"\\n' >${world.dir}/tpl; chmod +x ${world.dir}/tpl`,
  );
  t.is((await world.run('tlxc-create', '-t', `${world.dir}/tpl`, '-h')).stdout, '\nown words for -h\n');
  const wrong = await world.run('tlxc-create', '-t', 'nosuch', '-h');
  t.is(wrong.code, 1);
  t.regex(wrong.stderr, /tlxc-create: Template "nosuch" not found\n {2}hint: there are download, /);
});

test('destroy: what is not defined', async (t) => {
  const world = await makeWorld(t);
  const { code, stderr } = await world.run('tlxc-destroy', '-n', 'nosuch');
  t.is(code, 1);
  t.is(
    stderr,
    `tlxc-destroy: nosuch: Container is not defined\n  hint: there is no such container in ${world.lxcpath}: it has none\n`,
  );
});

requires(
  'root',
  'busybox',
  'terminal',
)(
  "what a template's program complains of is seen once at a terminal, and is in the error elsewhere",
  async (t) => {
    const world = await makeWorld(t);
    const line = 'tlxc-create -n c1 -t busybox -- --bogus';
    const words = "tlxc-busybox: unrecognized option '--bogus'";
    const told = /tlxc-create: c1: the template \S+tlxc-busybox failed: /;
    const terminal = new Terminal(world, line, { rows: 24, columns: 200 });
    const seen = await terminal.end();
    t.is(seen.split(words).length, 2, seen);
    t.regex(seen, told);
    t.regex(
      seen,
      /failed: \S+tlxc-busybox: exit status 1\n {2}hint: mend what it complains of, .*tlxc-create -t busybox -h /,
    );
    const { stderr } = await world.run('tlxc-create', '-n', 'c1', '-t', 'busybox', '--', '--bogus');
    t.regex(stderr, told);
    t.is(stderr.split(words).length, 2, stderr);
  },
);
