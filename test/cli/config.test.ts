import test from 'ava';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import config from '../../src/cli/config.ts';
import { requires } from '../rig/requires.ts';
import { runCommand } from './run-command.ts';

const dir = mkdtempSync(join(tmpdir(), 'tlxc-config-'));
test.after.always(() => rmSync(dir, { recursive: true }));

function withFile(name: string, text: string) {
  const file = join(dir, name);
  writeFileSync(file, text);
  const run = (...argv: string[]) =>
    runCommand(config, argv, { program: 'tlxc-config', env: { TLXC_CONF: file } });
  return { file, run };
}

test('an item prints its value, a beginning of its name will do', async (t) => {
  const { run } = withFile('print', 'lxc.lxcpath = /srv/containers\n');
  t.is((await run('lxc.lxcpath')).stdout, '/srv/containers\n');
  t.is((await run('lxc.lxc')).stdout, '/srv/containers\n');
  t.is((await run('lxc.cgroup.pattern')).stdout, 'lxc.cgroup.pattern is not set.\n');
});

test('-l lists the names, nothing at all shows how it is used', async (t) => {
  const { run } = withFile('list', '');
  t.true((await run('-l')).stdout.split('\n').includes('tlxc.bridge.ipv4'));
  for (const words of [[], ['']]) {
    const usage = await run(...words);
    t.is(usage.exit, 0);
    t.regex(usage.stdout, /^Usage: tlxc-config -l: /);
  }
});

requires('lxc')("-l begins with LXC's items in LXC's order, which decides what a prefix means", async (t) => {
  const { run } = withFile('order', 'lxc.default_config = /etc/some.conf\n');
  const theirs = execFileSync('lxc-config', ['-l'], { encoding: 'utf8' });
  const ours = (await run('-l')).stdout;
  t.is(ours.slice(0, theirs.length), theirs);
  t.is(new Set(ours.split('\n')).size, ours.split('\n').length);
  t.is((await run('lxc.')).stdout, '/etc/some.conf\n');
});

test('an unknown item is refused, those of storage are there', async (t) => {
  const { run } = withFile('unknown', '');
  const unknown = await run('bogus');
  t.is(unknown.exit, 1);
  t.regex(unknown.stderr, /^tlxc-config: Unknown configuration item: bogus\n/);
  t.is((await run('lxc.bdev.zfs.root')).stdout, 'lxc\n');
});

test('a value is written into the file, whose comments stay', async (t) => {
  const { file, run } = withFile('set', '# where they live\nlxc.lxcpath = /a\n');
  t.deepEqual(await run('lxc.lxcpath', '/b'), { exit: 0, stdout: '', stderr: '' });
  t.is(readFileSync(file, 'utf8'), '# where they live\nlxc.lxcpath = /b\n');
  const bad = await run('lxc.lxcpath', 'relative');
  t.is(bad.exit, 1);
  t.regex(bad.stderr, /absolute path/);
  t.is((await run('lxc.lxc', '/c')).exit, 1, 'to set an item its whole name is needed');
  t.is(readFileSync(file, 'utf8'), '# where they live\nlxc.lxcpath = /b\n');
});
