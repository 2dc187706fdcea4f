import test from 'ava';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import updateConfig from '../../src/cli/update-config.ts';
import { scratch } from '../config/scratch.ts';
import { runCommand } from './run-command.ts';

const run = (cwd: string, ...argv: string[]) =>
  runCommand(updateConfig, argv, {
    program: 'tlxc-update-config',
    cwd,
    env: { TLXC_CONF: join(cwd, 'tlxc.conf') },
  });

test('a file, or the configuration of a container, is rewritten, and it is told where the old one is', async (t) => {
  const store = scratch(t, {
    'tlxc.conf': '',
    'c1/config': 'lxc.utsname = c1\nlxc.tty = 4\n',
    bad: 'lxc.network.mtu = 1\n',
  });
  t.deepEqual(await run(store, '-P', store, '-n', 'c1'), {
    exit: 0,
    stdout: `${store}/c1/config: 2 lines updated; as it was: ${store}/c1/config.backup\n`,
    stderr: '',
  });
  t.is(readFileSync(join(store, 'c1/config'), 'utf8'), 'lxc.uts.name = c1\nlxc.tty.max = 4\n');
  t.is((await run(store, '-c', 'c1/config')).stdout, `${store}/c1/config: nothing to update\n`);
  t.is((await run(store, '-q', '-c', 'c1/config.backup')).stdout, '');
  const bad = await run(store, '-c', 'bad');
  t.is(bad.exit, 1);
  t.is(
    bad.stderr,
    `tlxc-update-config: ${store}/bad:1: it is of no interface: lxc.network.type must be set before it\n`,
  );
});

test('without a file it says how it is used; what is no file is told', async (t) => {
  const store = scratch(t, { 'tlxc.conf': '' });
  t.regex((await run(store)).stdout, /^Usage: tlxc-update-config -c FILE/);
  const gone = await run(store, '-c', 'gone');
  t.is(gone.exit, 1);
  t.regex(gone.stderr, /gone: cannot be read: no such file/);
  t.is((await run(store, '-c', 'gone', '-n', 'c1')).exit, 1);
});
