import test from 'ava';
import { appArmorFeatures, loadedProfiles, profileNames } from '../../src/host/apparmor.ts';
import { boundingCapabilities, CAPABILITY_NAMES, knownCapabilities } from '../../src/host/capabilities.ts';
import { filesystemKnown, kernelAtLeast } from '../../src/host/kernel.ts';
import { probeHost } from '../../src/host/probe.ts';

test('capabilities by number, as the kernel counts them', (t) => {
  t.is(CAPABILITY_NAMES.indexOf('sys_admin'), 21);
  t.is(CAPABILITY_NAMES.indexOf('checkpoint_restore'), 40);
  t.is(knownCapabilities('37\n').at(-1), 'audit_read');
  t.deepEqual(knownCapabilities(''), CAPABILITY_NAMES);
  t.deepEqual(boundingCapabilities('CapEff:\t0\nCapBnd:\t0000000000000021\n', CAPABILITY_NAMES), [
    'chown',
    'kill',
  ]);
});

test('kernel releases are compared by number', (t) => {
  t.true(kernelAtLeast('6.1.0-18-amd64', 5, 12));
  t.true(kernelAtLeast('5.12.0', 5, 12));
  t.false(kernelAtLeast('5.4.0', 5, 12));
  t.false(kernelAtLeast('odd', 5, 12));
});

test('filesystems are found by their whole name', (t) => {
  t.true(filesystemKnown('nodev\toverlay\n\text4\n', 'ext4'));
  t.false(filesystemKnown('nodev\toverlayfs\n', 'overlay'));
});

test('in an unprivileged container profiles are loaded into policy of its own, or not at all', (t) => {
  const nested = { uids: [], gids: [] };
  const loads = (level: string, capability: string, where: typeof nested | null = nested) =>
    appArmorFeatures((path) => (path.endsWith('/.ns_level') ? level : ''), {
      ...{ nested: where, boundingCapabilities: [capability] },
    }).loads;
  t.true(loads('0\n', 'chown', null), 'on the machine');
  t.true(loads('1\n', 'mac_admin'));
  t.false(loads('0\n', 'mac_admin'), "the machine's policy");
  t.false(loads('1\n', 'chown'));
  t.false(loads('', 'mac_admin'), 'nothing of it is to be seen');
});

test('the profiles that AppArmor has loaded', (t) => {
  t.deepEqual(profileNames('/usr/bin/man (enforce)\nmy own profile (complain)\n'), [
    '/usr/bin/man',
    'my own profile',
  ]);
  t.deepEqual(profileNames(''), []);
  const unreadable = () => '';
  t.deepEqual(
    loadedProfiles(unreadable, () => ['lxc-container-default-cgns.3', 'usr.bin.man.12']),
    ['lxc-container-default-cgns', 'usr.bin.man'],
  );
});

test('this host is probed once', (t) => {
  const facts = probeHost();
  t.is(probeHost(), facts);
  t.true(facts.capabilities.length >= 38);
  t.is(facts.signals['SIGRTMIN'], 34);
  t.regex(facts.bootId, /^[0-9a-f-]{36}$/);
});
