/** Keys of src/config/registry/credentials.ts. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { boot, type Effect } from '../effect.ts';

const container = ['root', 'userns', 'idmap', 'busybox'] as const;
const DIRECTORY = '/run/host/credentials';
const SECRET = '$y$j9T$its own secret';

export const credentials: readonly Effect[] = [
  {
    key: 'tlxc.credential.set.*',
    needs: container,
    seen: async (t, world) => {
      const { inside, pid } = await boot(world, [
        'tlxc.credential.set.old = gone',
        'tlxc.credential.set.old =',
        `tlxc.credential.set.passwd.hashed-password.root = ${SECRET}`,
      ]);
      const file = `${DIRECTORY}/passwd.hashed-password.root`;
      t.is(await inside(`cat ${file}`), SECRET);
      t.is(
        await inside(`stat -c '%a %u %g' ${DIRECTORY} ${file}; ls ${DIRECTORY} | wc -l`),
        '500 0 0\n400 0 0\n1',
      );
      t.regex(
        await world.sh(`tr '\\0' '\\n' < /proc/${pid}/environ`),
        /^CREDENTIALS_DIRECTORY=\/run\/host\/credentials$/m,
      );
      t.is(await inside('echo $CREDENTIALS_DIRECTORY'), '', 'commands of people are no services');
      const mounts = await inside('cat /proc/mounts');
      t.regex(mounts, / \/run tmpfs rw,nosuid,nodev/, 'an init that finds none would mount one over it');
      t.regex(mounts, / \/run\/host\/credentials ramfs ro,nosuid,nodev,noexec/);
      t.is(
        await inside(
          `setpriv --reuid=1 cat ${file} 2>/dev/null || su -s /bin/sh daemon -c 'cat ${file}' 2>/dev/null || echo kept`,
        ),
        'kept',
      );
      for (const command of [
        'tlxc-start -n c1 --plan',
        'tlxc-config explain -n c1',
        'tlxc-info -n c1 -c tlxc.credential.set.passwd.hashed-password.root',
        'tlxc-info -n c1 -c tlxc.credential.set',
        'tlxc-config explain -n c1 --json',
      ]) {
        const { stdout, stderr } = await world.run('sh', '-c', command);
        t.regex(stdout, /\(hidden\)/, `${command}: ${stderr}`);
        t.notRegex(stdout + stderr, /its own secret|6974732/, command);
      }
    },
  },
  {
    key: 'tlxc.credential.set.*',
    where: 'and is not repeated where its line is wrong',
    needs: container,
    seen: async (t, world) => {
      await boot(world, []);
      for (const key of [
        'tlxc.credential.set.a/b',
        'tlxc.credentials.set.a',
        'tlxc.credential.sett.a',
        'tlxc.credential',
      ]) {
        await world.sh(`printf '%s\\n' '${key} = ${SECRET}' >> lxc/c1/config`);
        const { code, stderr } = await world.run('tlxc-start', '-n', 'c1', '--plan');
        t.is(code, 1);
        t.regex(stderr, new RegExp(`${key} = \\(hidden\\)`));
        t.notRegex(stderr, /its own secret/);
        await world.sh("sed -i '$d' lxc/c1/config");
      }
    },
  },
  {
    key: 'tlxc.credential.load.*',
    needs: container,
    seen: async (t, world) => {
      const bytes = Buffer.from([0, 255, 10, 13, 0]);
      const file = join(world.dir, 'key');
      writeFileSync(file, bytes);
      chmodSync(file, 0o600);
      const { inside } = await boot(world, [
        `tlxc.credential.load.tls.key = ${file}`,
        'lxc.mount.entry = tmpfs run/mine tmpfs create=dir 0 0',
      ]);
      t.is(await inside(`od -An -v -tx1 ${DIRECTORY}/tls.key`), '00 ff 0a 0d 00');
      t.regex(await inside('cat /proc/mounts'), / \/run\/mine tmpfs/, 'what is mounted in /run stays');
      t.is((await world.sh('tlxc-info -n c1 -Hc tlxc.credential.load.tls.key')).trim(), file);
      await world.sh('tlxc-stop -k -n c1; rm key');
      const refused = await world.run('tlxc-start', '-n', 'c1');
      t.is(refused.code, 1);
      t.regex(
        refused.stderr,
        /config:\d+.*tlxc\.credential\.load\.tls\.key: \S+\/key cannot be read: no such file/s,
      );
      await world.sh('head -c 1048577 /dev/zero > key');
      t.regex((await world.run('tlxc-start', '-n', 'c1')).stderr, /have at most 1 MiB/);
    },
  },
  {
    key: 'tlxc.credential.load.*',
    where: 'beside credentials that are set: not both by one name',
    needs: container,
    seen: async (t, world) => {
      await world.sh('echo -n text > key');
      await boot(world, ['tlxc.credential.load.a = /dev/null', 'tlxc.credential.set.a = x'], {
        start: 'true',
      }).catch(() => undefined);
      const { code, stderr } = await world.run('tlxc-start', '-n', 'c1', '--plan');
      t.is(code, 1);
      t.regex(stderr, /the credential a is given by set and by load/);
      t.regex(stderr, /\/dev\/null: it is no regular file/);
    },
  },
];
