/** templates/tlxc-debian: what its options ask of the builder, and what it writes into the system that was built. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const test = requires('root');
const template = fileURLToPath(new URL('../../templates/tlxc-debian', import.meta.url));

/** Stands in for the builder: notes its words and sources, and makes what the template goes on with. */
const BUILDER = `#!/bin/sh
printf '%s\\n' "$@" > "$NOTES.words"; cat > "$NOTES.sources"
for word in "$@"; do case $word in /*/rootfs) mkdir -p "$word/etc/ssh" "$word/root" "$word/var/lib" "$word/var/cache/apt"
    touch "$word/etc/ssh/sshd_config" "$word/etc/ssh/ssh_host_rsa_key";; esac; done
`;

function run(t: ExecutionContext, args: readonly string[], environment: Record<string, string> = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-debian-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const [programs, rootfs, notes] = ['programs', 'rootfs', 'notes'].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(programs);
  mkdirSync(rootfs);
  for (const [name, text] of [
    ['mmdebstrap', BUILDER],
    ['chroot', '#!/bin/sh\n'],
  ] as const) {
    writeFileSync(join(programs, name), text);
    chmodSync(join(programs, name), 0o755);
  }
  const { status, stderr } = spawnSync(
    template,
    [`--path=${dir}`, '--name=c1', `--rootfs=${rootfs}`, ...args],
    {
      encoding: 'utf8',
      cwd: dir,
      env: { PATH: `${programs}:/usr/sbin:/usr/bin:/sbin:/bin`, NOTES: notes, ...environment },
    },
  );
  const noted = (name: string) =>
    existsSync(`${notes}.${name}`) ? readFileSync(`${notes}.${name}`, 'utf8') : '';
  return { dir, rootfs, status, stderr, words: noted('words'), sources: noted('sources') };
}

test("the architecture is named once in the configuration, and is the program's", async (t) => {
  const world = await makeWorld(t);
  const programs = join(world.dir, 'programs');
  mkdirSync(programs);
  for (const [name, text] of [
    ['mmdebstrap', BUILDER],
    ['chroot', '#!/bin/sh\n'],
  ] as const)
    writeFileSync(join(programs, name), text, { mode: 0o755 });
  const env = `PATH=${programs}:$PATH NOTES=${world.dir}/notes`;
  await world.sh(`${env} tlxc-create -n c1 -t debian -B dir -- -r bookworm -a i386`);
  const config = readFileSync(join(world.lxcpath, 'c1/config'), 'utf8');
  t.deepEqual(config.match(/^lxc\.arch.*$/gm), ['lxc.arch = linux32']);
});

test('mirrors, keyring, architecture, packages: of the options, or of the environment', (t) => {
  const keyring = fileURLToPath(import.meta.url);
  const words = [
    '-r',
    'bookworm',
    '-a',
    'x86_64',
    '--packages=vim,less',
    '--enable-non-free',
    `--keyring=${keyring}`,
  ];
  const asked = run(t, [...words, '--mirror=http://m/debian', '--security-mirror=http://s/sec']);
  t.is(asked.status, 0, asked.stderr);
  t.regex(asked.words, /^--architectures=amd64$/m);
  t.regex(asked.words, /^--include=.*,vim,less(,|$)/m);
  t.regex(asked.words, new RegExp(`^--keyring=${keyring}$`, 'm'));
  t.regex(asked.sources, /^deb http:\/\/m\/debian bookworm main contrib non-free$/m);
  t.regex(asked.sources, /^deb http:\/\/s\/sec bookworm-security main contrib non-free$/m);
  const of = run(t, ['-r', 'bookworm'], {
    MIRROR: 'http://e/debian',
    SECURITY_MIRROR: 'http://f/sec',
    KEYRING: keyring,
  });
  t.is(of.status, 0, of.stderr);
  t.regex(of.words, /^--keyring=/m);
  t.regex(of.sources, /^deb http:\/\/e\/debian bookworm main$/m);
  t.regex(of.sources, /^deb http:\/\/f\/sec bookworm-security main$/m);
});

test('a key for root: put where sshd looks, readable by root alone; host keys are not the image’s', (t) => {
  const { rootfs, status, stderr, words } = run(t, ['-r', 'bookworm', '-S', '/proc/self/comm']);
  t.is(status, 0, stderr);
  t.regex(words, /^--include=.*,openssh-server(,|$)/m);
  const file = join(rootfs, 'root/.ssh/authorized_keys');
  t.is(readFileSync(file, 'utf8'), 'cat\n');
  t.is(statSync(file).mode & 0o777, 0o600);
  t.is(statSync(join(rootfs, 'root/.ssh')).mode & 0o777, 0o700);
  t.false(existsSync(join(rootfs, 'etc/ssh/ssh_host_rsa_key')));
  t.regex(
    readFileSync(join(rootfs, 'etc/systemd/system/ssh.service.d/host-keys.conf'), 'utf8'),
    /ssh-keygen -A/,
  );
});

for (const [words, said] of [
  [['-S', '/nonexistent'], /\/nonexistent: no key that can be read/],
  [['--keyring=/nonexistent'], /\/nonexistent: no keyring that can be read/],
  [['--clean'], /--clean builds nothing: tlxc-image prune --all/],
  [['-I', '/usr/bin/qemu-arm'], /--interpreter-path: nothing has to be copied/],
  [['-r', '12'], /"12" is not a release/],
] as const) {
  test(`refused before anything is built: ${words.join(' ')}`, (t) => {
    const { status, stderr, words: built } = run(t, words);
    t.is(status, 1);
    t.regex(stderr, said);
    t.is(built, '');
  });
}
