import { requires } from '../../rig/requires.ts';
import { makeWorld } from '../../rig/world.ts';

const test = requires('root');

/** Fills a little, adds a line, and fails. */
const TEMPLATE = String.raw`#!/bin/sh
for w; do case $w in --rootfs=*) mkdir -p "\${w#*=}/etc"; echo half >"\${w#*=}/etc/made";; --path=*) echo "lxc.environment = A=B" >>"\${w#*=}/config";; esac; done
echo "E: no such release" >&2; exit 3
`;

test('what a failed template has made is kept where that is asked for, as a container that can be removed', async (t) => {
  const world = await makeWorld(t);
  const template = `${world.dir}/template`;
  await world.furnish(`cat >template <<'EOF'\n${TEMPLATE.replaceAll('\\$', '$')}EOF\nchmod 755 template`);
  const create = (...words: string[]) => world.run('tlxc-create', '-n', 'c1', '-t', template, ...words);
  const gone = await create();
  t.is(gone.code, 1);
  t.is(await world.sh('tlxc-ls -1'), '');

  const kept = await create('--keep-on-failure');
  t.is(kept.code, 1, 'it has failed all the same');
  t.regex(kept.stderr, /E: no such release\n.*the template .* failed/);
  t.regex(kept.stderr, /hint: .*kept as the container c1: .*tlxc-destroy -n c1/);
  t.is(await world.sh('tlxc-ls -1'), 'c1\n');
  t.is(await world.sh('tlxc-file pull c1/etc/made -'), 'half\n');
  const config = await world.sh(`cat ${world.lxcpath}/c1/config`);
  t.regex(config, /^# Unfinished: its template failed/);
  t.regex(config, /^lxc\.environment = A=B$/m);
  t.false(config.includes('.tlxc-staging'));
  t.regex((await create('--keep-on-failure')).stderr, /already exists/);
  await world.sh('tlxc-destroy -n c1');
  t.is(await world.sh(`ls -A ${world.lxcpath}`), '.trash\n');
});

test('it goes with template programs alone', async (t) => {
  const world = await makeWorld(t);
  const { code, stderr } = await world.run('tlxc-create', '-n', 'c1', '-t', 'busybox', '--keep-on-failure');
  t.is(code, 1);
  t.regex(stderr, /nothing to keep on failure with template busybox/);
});
