/** tlxc-doctor --denials, with records as kernels have written them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Denials } from '../../src/index.ts';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const stamp = (second: number): string => `audit(17640000${String(second).padStart(2, '0')}.123:4711): `;
/** A line of dmesg; profile: with its quotes. */
const refused = (second: number, operation: string, fields: string): string =>
  `[  123.456789] audit: type=1400 ${stamp(second)}apparmor="DENIED" operation="${operation}" ${fields}`;

interface Case {
  readonly world: World;
  readonly profile: string;
  readonly told: (lines: readonly string[], ...options: readonly string[]) => Promise<Denials>;
}

/** A store with one container, u1, that was never started. */
async function makeCase(t: Parameters<typeof makeWorld>[0]): Promise<Case> {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const file = join(world.dir, 'records');
  return {
    world,
    profile: `lxc-u1_<${world.lxcpath}>`,
    told: async (lines, ...options) => {
      writeFileSync(file, `${lines.join('\n')}\n`);
      return JSON.parse(
        (await world.run('tlxc-doctor', `--denials=${file}`, '--json', ...options)).stdout,
      ) as Denials;
    },
  };
}

test('a mount that was refused twice is one entry, with the rule, the risk and the last time', async (t) => {
  const { profile, told, world } = await makeCase(t);
  const mount = (second: number) =>
    refused(
      second,
      'mount',
      `class="mount" info="failed type match" error=-13 profile="${profile}" name="/mnt/" pid=4194000 comm="mount" fstype="ext4" srcname="/dev/vdb" flags="rw, nosuid"`,
    );
  const { denials, dropped } = await told([mount(1), 'something else', mount(2)]);
  t.is(dropped, 0);
  t.is(denials.length, 1);
  t.like(denials[0], {
    ...{ container: 'u1', module: 'apparmor', action: 'mount ext4 on /mnt/ (nosuid)', command: 'mount' },
    ...{ pid: 4_194_000, count: 2, last: '2025-11-24T16:00:02.123Z' },
    allow: ['lxc.apparmor.raw = mount fstype=ext4 -> "/mnt/",'],
  });
  t.regex(denials[0]?.risk ?? '', /forged/);
  const text = await world.run('tlxc-doctor', `--denials=${join(world.dir, 'records')}`);
  t.regex(
    text.stdout,
    /^u1: may not mount ext4 on \/mnt\/ \(nosuid\)\n +tried by: mount \(pid 4194000\), 2 times, last 2025-/,
  );
});

test('a filesystem type that would be rules of its own gives none', async (t) => {
  const { profile, told } = await makeCase(t);
  const mount = `profile="${profile}" name="/mnt/" pid=1 comm="mount" fstype="x,mount" srcname="none"`;
  const { denials } = await told([refused(1, 'mount', mount)]);
  t.like(denials[0], { action: 'mount x,mount on /mnt/', allow: [] });
  t.regex(denials[0]?.advice ?? '', /^no rule can name it/);
});

test('what a manager of containers needs is offered as nesting, too', async (t) => {
  const { profile, told } = await makeCase(t);
  const { denials } = await told([
    refused(
      1,
      'mount',
      `profile="${profile}" name="/x/" pid=1 comm="runc" fstype="overlay" srcname="overlay"`,
    ),
    refused(2, 'pivotroot', `profile="${profile}" name="/x/" pid=1 comm="runc" srcname="/x/"`),
  ]);
  for (const { allow } of denials)
    t.true(allow.includes('lxc.include = /usr/share/tlxc/config/nesting.conf'));
});

test('files, remounts, traces, signals, capabilities, sockets and profiles have their rules', async (t) => {
  const { profile, told } = await makeCase(t);
  const of = `profile="${profile}" pid=4194000 comm="x"`;
  const { denials } = await told([
    refused(
      1,
      'open',
      `class="file" ${of} name="/proc/a*b" requested_mask="wc" denied_mask="wc" fsuid=0 ouid=0`,
    ),
    refused(2, 'mount', `${of} name="/mnt/" flags="rw, remount, bind, nosuid"`),
    refused(3, 'ptrace', `${of} requested_mask="read" denied_mask="read" peer="unconfined"`),
    refused(4, 'signal', `${of} requested_mask="send" denied_mask="send" signal=kill peer="cupsd"`),
    refused(5, 'capable', `${of} capability=21  capname="sys_admin"`),
    refused(
      6,
      'create',
      `${of} family="netlink" sock_type="raw" protocol=0 requested_mask="create" denied_mask="create"`,
    ),
    refused(7, 'change_onexec', `info="label not found" error=-13 ${of} name="docker-default"`),
  ]);
  t.is(denials[1]?.action, 'remount /mnt/ (bind, nosuid)');
  t.deepEqual(
    denials.map(({ allow }) => allow.join()),
    [
      '"/proc/a\\*b" w,',
      'mount options=(remount,bind,nosuid) -> "/mnt/",',
      'ptrace (read) peer="unconfined",',
      'signal (send) set=(kill) peer="cupsd",',
      'capability sys_admin,',
      'network netlink raw,',
      'change_profile -> "docker-default",',
    ].map((rule) => `lxc.apparmor.raw = ${rule}`),
  );
});

test('a name in hexadecimal is read, and one that would leave its line gets no rule', async (t) => {
  const { profile, told } = await makeCase(t);
  const hex = (text: string) => Buffer.from(text).toString('hex').toUpperCase();
  const open = (name: string) =>
    refused(1, 'open', `profile="${profile}" name=${hex(name)} pid=1 comm="x" denied_mask="r"`);
  const { denials } = await told([open('/a b'), open('/a",\nfile,')]);
  t.deepEqual(denials[0]?.allow, ['lxc.apparmor.raw = "/a b" r,']);
  t.deepEqual(denials[1]?.allow, []);
  t.regex(denials[1]?.advice ?? '', /^no rule can name it: it has characters/);
});

test("a profile that the container has loaded itself, one of LXC's, and another program's", async (t) => {
  const { profile, told } = await makeCase(t);
  const open = (fields: string) =>
    refused(1, 'open', `${fields} name="/x" pid=4194000 comm="x" denied_mask="r"`);
  const { denials } = await told([
    open(`profile="docker-default" namespace="root//${profile.replaceAll('/', '-')}"`),
    open('profile="lxc-container-default-cgns"'),
    open('profile="snap.firefox.firefox"'),
  ]);
  t.deepEqual(
    denials.map(({ container }) => container),
    ['u1', null],
  );
  t.regex(denials[0]?.advice ?? '', /in the container$/);
  t.regex(
    denials[1]?.advice ?? '',
    /"\/x" r, in its file below \/etc\/apparmor\.d.*lxc\.apparmor\.profile = generated/,
  );
});

test("a call that seccomp ended has its name, in the kernel's log as in auditd's", async (t) => {
  const { profile, told } = await makeCase(t);
  const fields = `subj=${profile}//&:${profile.replaceAll('/', '-')}:unconfined pid=4194000 comm="x" exe="/bin/x" sig=31 arch=c000003e`;
  const { denials } = await told([
    `audit: type=1326 ${stamp(1)}auid=0 uid=0 gid=0 ses=1 ${fields} syscall=246 compat=0 ip=0x7f code=0x80000000`,
    `type=SECCOMP msg=${stamp(2)}auid=0 ${fields} syscall=246 compat=0 ip=0x7f code=0x80000000\u{1d}ARCH=x86_64 SYSCALL=kexec_load`,
    `audit: type=1326 ${stamp(3)}auid=0 uid=0 gid=0 ses=1 ${fields} syscall=101 compat=0 ip=0x7f code=0x7ffc0000`,
  ]);
  t.is(denials.length, 2);
  t.like(denials[0], { container: 'u1', module: 'seccomp', action: 'call kexec_load', count: 2 });
  t.regex(denials[0]?.advice ?? '', /lxc\.seccomp\.profile.*"kexec_load"/);
  t.is(denials[1]?.action, 'call ptrace, which was written down and done');
});

test('-n asks for one container, and what the kernel left away is counted', async (t) => {
  const { world, profile, told } = await makeCase(t);
  addBusybox(world, 'u2');
  const open = (name: string) =>
    refused(1, 'open', `profile="${name}" name="/x" pid=1 comm="x" denied_mask="r"`);
  const lines = [
    open(profile),
    open(profile.replace('u1', 'u2')),
    'kauditd_printk_skb: 52 callbacks suppressed',
  ];
  t.deepEqual(
    (await told(lines)).denials.map(({ container }) => container),
    ['u1', 'u2'],
  );
  const one = await told(lines, '-n', 'u2');
  t.deepEqual(
    one.denials.map(({ container }) => container),
    ['u2'],
  );
  t.is(one.dropped, 52);
});

test('no records, no file, and a name without --denials are told', async (t) => {
  const { world, told } = await makeCase(t);
  t.deepEqual(await told([]), { denials: [], dropped: 0 });
  t.regex(
    (await world.run('tlxc-doctor', `--denials=${join(world.dir, 'records')}`)).stdout,
    /^nothing that AppArmor or seccomp refused/,
  );
  const absent = await world.run('tlxc-doctor', '--denials=/nosuch');
  t.is(absent.code, 1);
  t.regex(absent.stderr, /cannot read the kernel's records in \/nosuch: no such file/);
  const named = await world.run('tlxc-doctor', '-n', 'u1');
  t.is(named.code, 1);
  t.regex(named.stderr, /hint: tlxc-doctor --denials -n \S+ does that; without a name the host is looked at/);
});

requires('root')('in a container there are no records: the machine has them', async (t) => {
  const { world } = await makeCase(t);
  const line = 'mount -t tmpfs tmpfs /dev && mknod /dev/null c 1 3 && exec tlxc-doctor --denials';
  const { code, stderr } = await world.run('unshare', '--mount', 'sh', '-c', line);
  t.is(code, 1);
  t.regex(
    stderr,
    /kernel's records in \/dev\/kmsg: no such file.*\n {2}hint: a container has none of them: ask on the machine/,
  );
});
