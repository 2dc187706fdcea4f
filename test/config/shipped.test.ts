import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { packageRoot } from '../../src/package-root.ts';
import { loadText } from './scratch.ts';

const SHIPPED = '/usr/share/tlxc/config';
const directory = join(packageRoot, 'config');
const including = (...names: readonly string[]): string =>
  names.map((name) => `lxc.include = ${SHIPPED}/${name}\n`).join('');
const values = <T>(list: readonly { readonly value: T }[]): readonly T[] => list.map(({ value }) => value);

for (const name of readdirSync(directory).filter((file) => file.endsWith('.conf'))) {
  test(`${name} loads without a warning`, (t) => {
    t.deepEqual(loadText(t, including(name)).warnings, []);
  });
}

test('every profile of a distribution is there for both kinds of container', (t) => {
  const names = readdirSync(directory).flatMap(
    (file) => /^(.+)\.(?:common|userns)\.conf$/.exec(file)?.[1] ?? [],
  );
  for (const name of names) {
    t.true(existsSync(join(directory, `${name}.common.conf`)), name);
    t.true(existsSync(join(directory, `${name}.userns.conf`)), name);
  }
});

test('a privileged container gets 16 capabilities, and CAP_SYS_ADMIN is none of them', (t) => {
  const config = loadText(t, including('common.conf'));
  t.is(config.capKeep?.length, 16);
  t.false(values(config.capKeep ?? []).includes('sys_admin'));
  t.is(config.seccomp.profile?.value, join(directory, 'allow.seccomp'));
  t.deepEqual(
    config.fstabEntries.map(({ value }) => value.target),
    ['run', 'run/lock', 'tmp', 'dev/shm', 'dev/mqueue', 'run/systemd/system-generators/tlxc'],
  );
  t.is(config.fstabEntries.at(-1)?.value.source, join(directory, 'inside/systemd-generator'));
  t.true(values(config.masked).includes('/proc/kcore'));
  t.true(values(config.readonlyPaths).includes('/proc/irq'));
  t.like(config, { ttyMax: 4, ttyDir: 'lxc', ptyMax: 1024 });
});

test('both cgroup worlds get the same devices and the same limit of processes', (t) => {
  const { cgroup1, cgroup2 } = loadText(t, including('common.conf'));
  t.deepEqual(
    values(cgroup1),
    values(cgroup2).map(({ file, value }) => ({ file, value })),
  );
  t.deepEqual(values(cgroup2)[0], { file: 'pids.max', value: '16384' });
  t.deepEqual(values(cgroup2)[1], { file: 'devices.deny', value: 'a' });
});

test('an unprivileged container drops 20 capabilities and mounts for itself', (t) => {
  const text = `lxc.mount.entry = /srv srv none bind 0 0\n${including('debian.common.conf', 'debian.userns.conf')}`;
  const config = loadText(t, text);
  t.is(config.capKeep, null);
  t.is(config.capDrop.length, 20);
  t.deepEqual(config.fstabEntries, []);
  t.true(
    config.mountEntries.some(({ value }) => value.source === '/srv'),
    "the person's own mounts stay",
  );
  t.false(
    [...values(config.cgroup1), ...values(config.cgroup2)].some(({ file }) => file.startsWith('devices.')),
  );
  t.deepEqual(
    values(config.autoMounts).map((mount) => 'mode' in mount && `${mount.what}:${mount.mode}`),
    ['proc:mixed', 'sys:mixed', 'cgroup:mixed'],
  );
});

test("privileged.conf is LXC's privileged container", (t) => {
  const config = loadText(t, including('common.conf', 'privileged.conf'));
  t.deepEqual(values(config.capDrop), ['mac_admin', 'mac_override', 'sys_time', 'sys_module', 'sys_rawio']);
  t.like(config, { capKeep: null, masked: [], readonlyPaths: [], fstabEntries: [] });
  t.is(config.seccomp.profile?.value, join(directory, 'common.seccomp'));
});

test('default.conf is one interface on the bridge, its address drawn', (t) => {
  const { networks } = loadText(t, readFileSync(join(directory, 'default.conf'), 'utf8'));
  t.is(networks.length, 1);
  t.is(networks[0]?.link?.value, 'tlxcbr0');
  t.regex(networks[0]?.hwaddr?.value ?? '', /^10:66:6a(:[0-9a-f]{2}){3}$/);
});

const calls = (name: string): readonly string[] =>
  readFileSync(join(directory, name), 'utf8')
    .split('\n')
    .slice(2)
    .filter((line) => line !== '' && !/^[#[]/.test(line));

test('the policies name no system call twice, and never both ways', (t) => {
  const named = (name: string): readonly string[] =>
    calls(name)
      .filter((line) => !line.includes('['))
      .map((line) => line.split(' ')[0] ?? '');
  for (const name of ['allow.seccomp', 'deny.seccomp', 'common.seccomp']) {
    t.is(new Set(calls(name)).size, calls(name).length, name);
  }
  const denied = new Set([...named('deny.seccomp'), ...named('common.seccomp')]);
  t.deepEqual(
    named('allow.seccomp').filter((call) => denied.has(call)),
    [],
  );
  t.is(named('allow.seccomp').length, 378);
});

/** What no container sees of the kernel, whatever else changes. */
const MASKED =
  '/proc/kcore /proc/keys /proc/key-users /proc/timer_list /proc/sched_debug /proc/slabinfo /proc/kpagecount ' +
  '/proc/kpageflags /proc/kpagecgroup /proc/vmallocinfo /proc/kallsyms /proc/config.gz /proc/latency_stats /proc/scsi ' +
  '/sys/firmware /sys/kernel/debug /sys/kernel/tracing /sys/kernel/security /sys/fs/bpf /sys/devices/virtual/powercap';
const READONLY = '/proc/irq /proc/bus /proc/fs /proc/acpi /proc/mtrr /proc/sysrq-trigger';
const KEPT =
  'chown dac_override fowner fsetid kill setgid setuid setpcap setfcap net_bind_service net_admin net_raw sys_chroot ' +
  'sys_boot mknod audit_write';
const DROPPED =
  'mac_admin mac_override sys_time sys_module sys_rawio syslog audit_control audit_read block_suspend wake_alarm bpf ' +
  'perfmon checkpoint_restore sys_pacct lease linux_immutable ipc_lock dac_read_search net_broadcast sys_nice';

for (const name of ['common.conf', 'userns.conf'])
  test(`${name}: what is hidden, read-only and given up is the whole list`, (t) => {
    const config = loadText(t, including('common.conf', ...(name === 'common.conf' ? [] : [name])));
    const same = (found: readonly string[], wanted: string) =>
      t.deepEqual([...found].sort(), wanted.split(' ').sort());
    same(values(config.masked), MASKED);
    same(values(config.readonlyPaths), READONLY);
    if (name === 'common.conf') same(values(config.capKeep ?? []), KEPT);
    else same(values(config.capDrop), DROPPED);
    t.is(config.seccomp.profile?.value, join(directory, 'allow.seccomp'));
    t.true(config.seccomp.allowNesting);
    t.is(config.apparmor.profile?.value, name === 'common.conf' ? 'generated' : 'unconfined');
  });
