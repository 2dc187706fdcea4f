/** What is said to somebody who leaves the container's name out, or writes it in the wrong place. */
import test from 'ava';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import attach from '../../src/cli/attach.ts';
import cgroup from '../../src/cli/cgroup.ts';
import config from '../../src/cli/config.ts';
import copy from '../../src/cli/copy.ts';
import create from '../../src/cli/create.ts';
import destroy from '../../src/cli/destroy.ts';
import device from '../../src/cli/device.ts';
import execute from '../../src/cli/execute.ts';
import file from '../../src/cli/file.ts';
import image from '../../src/cli/image.ts';
import info from '../../src/cli/info.ts';
import set from '../../src/cli/set.ts';
import snapshot from '../../src/cli/snapshot.ts';
import start from '../../src/cli/start.ts';
import stop from '../../src/cli/stop.ts';
import type { DefinedCommand } from '../../src/cli/command.ts';
import { loadSystemConfig } from '../../src/config/system.ts';
import { containerPaths } from '../../src/container/paths.ts';
import { runCommand } from './run-command.ts';

const dir = mkdtempSync(join(tmpdir(), 'tlxc-offered-'));
test.after.always(() => rmSync(dir, { recursive: true }));

/** A store, and the settings that name it. */
function storeOf(name: string, containers: readonly string[], running: readonly string[] = []) {
  const settings = join(dir, `${name}.conf`);
  const lxcpath = join(dir, name);
  writeFileSync(settings, `lxc.lxcpath = ${lxcpath}\ntlxc.rundir = ${dir}/run\n`);
  const env = { TLXC_CONF: settings };
  const system = loadSystemConfig(env);
  for (const container of containers) {
    mkdirSync(join(lxcpath, container), { recursive: true });
    writeFileSync(join(lxcpath, container, 'config'), '');
  }
  for (const container of running) {
    const { runDir, socket } = containerPaths(system, lxcpath, container);
    mkdirSync(runDir, { recursive: true });
    writeFileSync(socket, '');
  }
  return (command: DefinedCommand, ...argv: readonly string[]) =>
    runCommand(command, argv, { env, cwd: '/tmp', program: command.spec.program });
}

const three = storeOf('three', ['u1', 'u2', 'u3'], ['u2']);

test('without a name those are told that the command is for, and the rest is as it was', async (t) => {
  const nameless = (program: string, hint: string) =>
    `${program}: No container name specified\n  hint: ${hint}; ${program} --help shows what it takes\n`;
  const started = await three(start);
  t.deepEqual([started.exit, started.stdout], [1, '']);
  t.is(started.stderr, nameless('tlxc-start', 'stopped here: u1, u3'));
  t.is((await three(stop)).stderr, nameless('tlxc-stop', 'running here: u2'));
  t.is((await three(info)).stderr, nameless('tlxc-info', 'there are: u1, u2, u3'));
  // Of one that is to be made none that is there would do.
  t.is(
    (await three(create)).stderr,
    'tlxc-create: No container name specified\n  hint: tlxc-create --help shows what it takes\n',
  );
  t.regex(
    (await three(config, 'explain')).stderr,
    /hint: there are: u1, u2, u3; tlxc-config explain -n NAME/,
  );
});

test('of many a few are told; where there are none, or none can be seen, the help', async (t) => {
  const many = storeOf(
    'many',
    ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((letter) => `c-${letter}`),
  );
  t.regex((await many(start)).stderr, /stopped here: c-a, c-b, c-c, c-d, c-e, c-f and 3 more; /);
  t.regex((await many(stop)).stderr, /\n {2}hint: tlxc-stop --help shows what it takes\n$/);
  const closed = storeOf('closed', []);
  writeFileSync(join(dir, 'closed'), 'no directory');
  t.regex((await closed(start)).stderr, /\n {2}hint: tlxc-start --help shows what it takes\n$/);
});

test('a name behind what is to be done is told of as one', async (t) => {
  const hints: readonly (readonly [DefinedCommand, readonly string[], string])[] = [
    [device, ['list', 'u1'], "the container's name comes first: tlxc-device -n u1 list"],
    [device, ['add', 'u1', '/dev/null'], "the container's name comes first: tlxc-device -n u1 add /dev/null"],
    [attach, ['ls', 'u2'], "the container's name comes first: tlxc-attach -n u2 ls"],
    [cgroup, ['memory.max', 'u2'], "the container's name comes first: tlxc-cgroup -n u2 memory.max"],
    [set, ['memory=1G', 'u1'], "the container's name comes first: tlxc-set -n u1 memory=1G"],
    [snapshot, ['list', 'u1'], 'what to do is an option: tlxc-snapshot -n u1 -L'],
    [snapshot, ['u1', 'restore', 'snap0'], 'what to do is an option: tlxc-snapshot -n u1 -r SNAPSHOT'],
    [file, ['u1', 'push', 'f', '/tmp'], 'what to do comes first: tlxc-file push FILE u1/PATH'],
    [file, ['ls', 'u1/etc'], 'the container has a program for that: tlxc-attach -n u1 -- ls /etc'],
    [file, ['pull', 'u1/etc/hosts'], 'tlxc-file pull u1/etc/hosts .'],
    [copy, ['u1', 'u9'], 'give it with -N: tlxc-copy -n u1 -N u9'],
    [copy, ['u9', 'u1'], 'what is copied comes first, the new name with -N: tlxc-copy -n u1 -N u9'],
    [copy, ['u1'], 'give it with -N: tlxc-copy -n u1 -N NEWNAME'],
    [start, ['u1', '-s', 'lxc.uts.name'], 'as -s lxc.uts.name=u2'],
    [execute, ['u1', '-s', 'lxc.uts.name'], 'as -s lxc.uts.name=u2'],
    [destroy, ['u1', 'u2'], 'it takes one container: for u in u1 u2; do tlxc-destroy -n $u; done'],
    [config, ['u1'], 'tlxc-config -l lists them; tlxc-config explain -n u1 shows what is in force'],
    [image, ['ls'], 'tlxc-image list shows what is stored'],
    [image, ['rm', 'x'], 'tlxc-image prune removes those that'],
    [set, ['u1', 'memory', '1G'], 'memory=VALUE sets it, in one word; memory- removes it'],
  ];
  for (const [command, argv, hint] of hints) {
    const { exit, stderr } = await three(command, ...argv);
    t.is(exit, 1, stderr);
    t.true(stderr.includes(`\n  hint: ${hint}`), stderr);
  }
});

test('a name that stands in its place, or is none, changes no hint', async (t) => {
  t.regex((await three(device, 'u1', 'u2')).stderr, /'u2' is none of .*\n {2}hint: tlxc-device --help/);
  t.regex((await three(device, '-n', 'u9', 'u1')).stderr, /hint: tlxc-device --help/);
  t.regex((await three(cgroup, 'u9', 'memory.max')).stderr, /did you mean u1\?\): tlxc-ls lists/);
});
