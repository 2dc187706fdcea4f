import test from 'ava';
import type { ContainerConfig } from '../../src/config/model.ts';
import type { HostFacts } from '../../src/host/facts.ts';
import { compileAppArmor, generatedName } from '../../src/plan/apparmor.ts';
import { profileText } from '../../src/plan/apparmor-profile.ts';
import { apparmorHost, compilation, hybridHost, idmap, written } from './sample.ts';

type Settings = Partial<Omit<ContainerConfig['apparmor'], 'profile'>> & { readonly profile?: string };

function compile({ profile, ...more }: Settings, host: HostFacts = apparmorHost) {
  const apparmor = {
    ...{ allowIncomplete: false, allowNesting: false, raw: [] },
    ...(profile === undefined ? {} : { profile: written(profile, 'lxc.apparmor.profile') }),
    ...more,
  };
  const made = compilation({ config: { apparmor }, host });
  const { apparmorProfile: label, apparmorGenerated: generated } = compileAppArmor(made);
  const { problems, warnings } = made.findings;
  return { label, generated, problems: problems.map(String), warnings: warnings.map(String) };
}

const featuring = (features: Partial<HostFacts['apparmorFeatures']>): HostFacts => ({
  ...apparmorHost,
  apparmorFeatures: { ...apparmorHost.apparmorFeatures, ...features },
});

test('without AppArmor a named profile is refused; LXC containers, and what asks for none by name, start', (t) => {
  for (const profile of ['generated', 'unconfined', 'unchanged'])
    t.like(compile({ profile }, hybridHost), { label: '', generated: null, problems: [], warnings: [] });
  t.regex(
    compile({ profile: 'mine' }, hybridHost).problems.join(),
    /mine cannot be entered, AppArmor is not enabled/,
  );
  const lxcs = compile({ profile: 'lxc-container-default-with-nesting' }, hybridHost);
  t.is(lxcs.label, '');
  t.regex(lxcs.warnings.join(), /runs without lxc-container-default-with-nesting/);
  const raw = [written('mount,')];
  t.regex(
    compile({ profile: 'generated', raw }, hybridHost).warnings.join(),
    /raw does nothing: AppArmor is not/,
  );
});

test('a name is entered as it is; unchanged and unconfined change nothing where nothing confines', (t) => {
  t.is(compile({ profile: 'mine' }).label, 'mine');
  t.is(compile({ profile: 'unchanged' }).label, '');
  t.is(compile({ profile: 'unconfined' }).label, '');
  const held = featuring({ label: 'mine' });
  t.is(compile({ profile: 'unconfined' }, held).label, 'unconfined');
  t.is(compile({ profile: 'unchanged' }, held).label, '');
  t.deepEqual(compile({ profile: 'mine' }, held).problems, []);
  t.regex(compile({ profile: 'other' }, held).problems.join(), /is held by mine and cannot change to other/);
  t.regex(
    compile({ profile: 'mine', raw: [written('mount,')] }).warnings.join(),
    /raw does nothing.*not generated/,
  );
});

test('a configuration that is silent keeps what it means to LXC', (t) => {
  const of = (...apparmorProfiles: string[]) => compile({}, { ...apparmorHost, apparmorProfiles });
  t.like(of('lxc-container-default', 'lxc-container-default-cgns'), {
    label: 'lxc-container-default-cgns',
    warnings: [],
  });
  const missing = of();
  t.is(missing.label, '');
  t.regex(missing.warnings.join(), /is not loaded, the container runs unconfined/);
});

test('where no profile can be loaded, generated is unchanged, and no parser is missed', (t) => {
  const inside = featuring({ loads: false, parser: '', label: 'outer' });
  const nothing = { label: '', generated: null, problems: [], warnings: [] };
  t.deepEqual(compile({ profile: 'generated' }, inside), nothing);
  t.regex(
    compile({ profile: 'generated', raw: [written('mount,')] }, inside).warnings.join(),
    /raw does nothing: in this unprivileged container no profile can be loaded/,
  );
  t.is(compile({ profile: 'outer' }, inside).label, 'outer', 'one that is loaded can be entered');
});

test('a generated profile has the name, the place and the policy namespace that LXC gives it', (t) => {
  const plain = compile({ profile: 'generated' });
  t.is(plain.label, 'lxc-u1_</var/lib/tlxc>');
  t.like(plain.generated, { name: 'lxc-u1_</var/lib/tlxc>', namespace: '' });
  t.deepEqual(plain.generated?.load, [
    ...['/sbin/apparmor_parser', '-rWL', '/var/cache/tlxc/apparmor'],
    '/var/lib/tlxc/u1/apparmor/lxc-u1_<-var-lib-tlxc>',
  ]);
  const stacked = compile({ profile: 'generated' }, featuring({ stacking: true }));
  t.is(stacked.label, 'lxc-u1_</var/lib/tlxc>//&:lxc-u1_<-var-lib-tlxc>:');
  t.is(stacked.generated?.namespace, 'lxc-u1_<-var-lib-tlxc>');
  t.regex(generatedName('u1', `/${'x'.repeat(300)}`), /^lxc-u1_[0-9a-f]{32}$/);
});

test('what a generated profile needs is asked for', (t) => {
  t.regex(
    compile({ profile: 'generated' }, featuring({ parser: '' })).problems.join(),
    /apt-get install apparmor/,
  );
  t.regex(
    compile({ profile: 'generated' }, { ...apparmorHost, uid: 1000 }).problems.join(),
    /only root can load/,
  );
  const partly = featuring({ mounts: false });
  t.regex(
    compile({ profile: 'generated' }, partly).problems.join(),
    /lxc\.apparmor\.allow_incomplete = 1 starts/,
  );
  t.deepEqual(compile({ profile: 'generated', allowIncomplete: true }, partly).problems, []);
});

const rules = (traits: Partial<Parameters<typeof profileText>[0]>): string[] =>
  profileText({ name: 'p', namespace: '', privileged: true, nesting: false, raw: [], ...traits })
    .split('\n')
    .map((line) => line.trim());

test('what a profile permits depends on whose root it is, and on nesting', (t) => {
  const privileged = rules({});
  t.false(privileged.includes('mount,'));
  t.true(privileged.includes('mount options=(ro,remount,bind,nosuid,noexec,noatime),'));
  for (const from of ['/proc{,/,/**}', '/sys{,/,/**}', '/'])
    t.true(privileged.includes(`deny mount options=(rbind) ${from},`), from);
  t.true(privileged.includes('deny mount fstype=proc,'));
  t.false(
    privileged.some((rule) => rule.startsWith('mount options=(rw')),
    'which old parsers widen',
  );
  t.true(privileged.includes('deny /sys/kernel/security/{,**} rwklx,'));
  t.true(rules({ privileged: false }).includes('mount,'));
  const nesting = rules({ nesting: true });
  for (const rule of [
    'mount,',
    'pivot_root,',
    'deny /dev/.lxc/proc/** rw,',
    'deny /proc/sysrq-trigger rwklx,',
  ])
    t.true(nesting.includes(rule), rule);
  t.true(rules({ namespace: 'n' }).includes('change_profile -> ":n:*",'));
  t.deepEqual(rules({ raw: ['mount,', 'deny /x w,'] }).slice(-4), ['mount,', 'deny /x w,', '}', '']);
});

test('a profile of an unprivileged container is generated from its id map', (t) => {
  const apparmor = { allowIncomplete: false, allowNesting: false, raw: [], profile: written('generated') };
  const { apparmorGenerated } = compileAppArmor(
    compilation({ config: { apparmor, idmap }, host: apparmorHost }),
  );
  t.regex(apparmorGenerated?.text ?? '', /^ {2}mount,$/m);
});
