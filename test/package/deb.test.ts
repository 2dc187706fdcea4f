/** The Debian package, in a Debian of its own: installed, used, removed and purged. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { requires } from '../rig/requires.ts';
import { bootMachine, build, useInstalled } from './debian-machine.ts';

const test = requires('root', 'userns', 'idmap', 'debian', 'archive');

test('it installs, works, is removed, and a purge keeps containers unless it is told otherwise', async (t) => {
  t.timeout(400_000);
  const machine = await bootMachine(t);
  const { sh, world, push } = machine;
  const [file = ''] = build('.ci/deb', '--as-built', '--quick', '--node=bundled', world.dir)
    .split('\n')
    .slice(-1);
  const [version, arch] = ['Version', 'Architecture'].map((field) => build('dpkg-deb', '-f', file, field));
  t.is(basename(file), `tlxc_${version}_${arch}.deb`);
  spawnSync('apt-get', ['download', 'xz-utils'], { cwd: world.dir });
  const xz = readdirSync(world.dir).find((name) => name.startsWith('xz-utils_')) ?? '';
  await push(file, '/srv');
  await push(join(world.dir, xz), '/srv');
  const install = `DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends /srv/*.deb </dev/null 2>&1`;
  await sh(install);
  await useInstalled(t, machine);
  t.is(await sh('stat -c "%a %U" /var/lib/tlxc /usr/bin/tlxc-start'), '711 root\n777 root\n');
  await sh(
    'test -e /usr/share/man/man1/tlxc-start.1.gz; test -e /usr/share/bash-completion/completions/tlxc-start;' +
      'test -e /usr/share/zsh/vendor-completions/_tlxc; test -e /usr/share/fish/vendor_completions.d/tlxc-start.fish;' +
      'test -e /usr/lib/systemd/system/tlxc-net.service; test -e /usr/lib/systemd/user/tlxc.service; test -e /usr/share/tlxc/config/common.conf;' +
      'grep -q "LGPL" /usr/share/doc/tlxc/copyright',
  );
  t.is(
    await sh('dpkg-query -W -f "\\${Conffiles}" tlxc | cut -d" " -f2'),
    '/etc/tlxc/default.conf\n/etc/tlxc/tlxc.conf\n',
  );
  t.is(
    await sh(
      'cd /tmp; echo "import { Container } from \'/usr/lib/tlxc/dist/index.js\'; console.log(Container.list()[0].name)" > p.mjs; /usr/lib/tlxc/node p.mjs',
    ),
    'u1\n',
  );

  await sh('echo "# mine" >> /etc/tlxc/default.conf; dpkg --remove tlxc 2>&1');
  await sh('test ! -e /usr/bin/tlxc; test -e /var/lib/tlxc/u1/config; grep -q mine /etc/tlxc/default.conf');
  await sh("echo 'ann veth tlxcbr0 10' > /etc/tlxc/tlxc-usernet");
  const kept = await sh('DEBIAN_FRONTEND=noninteractive dpkg --purge tlxc 2>&1');
  t.regex(kept, /the containers in \/var\/lib\/tlxc stay/);
  await sh('test -e /var/lib/tlxc/u1/config');
  t.is(await sh('ls /etc/tlxc; cat /etc/tlxc/tlxc-usernet'), 'tlxc-usernet\nann veth tlxcbr0 10\n');

  await sh(install);
  t.is(await sh('tlxc-ls -1'), 'u1\n');
  await sh("echo 'tlxc tlxc/purge-containers boolean true' | debconf-set-selections");
  await sh('DEBIAN_FRONTEND=noninteractive dpkg --purge tlxc 2>&1');
  t.is(
    await sh('ls -d /var/lib/tlxc /var/cache/tlxc /etc/tlxc /usr/lib/tlxc /run/tlxc* 2>/dev/null || true'),
    '',
  );
});
