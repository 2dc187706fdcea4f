import test from 'ava';
import type { ContainerConfig } from '../../src/config/model.ts';
import type { HostFacts } from '../../src/host/facts.ts';
import { compileSeccompProfile } from '../../src/plan/seccomp-profile.ts';
import { compilation, hybridHost, written } from './sample.ts';

const input = { path: '/p', inode: '1', size: 1, mtimeNs: '1' };

function compile(
  lines: readonly string[],
  more: Partial<ContainerConfig['seccomp']> = {},
  host: Partial<HostFacts> = {},
) {
  const seccomp = { allowNesting: false, profile: written('/p', 'lxc.seccomp.profile'), ...more };
  const files = { seccompProfile: { path: '/p', text: lines.join('\n'), input } };
  const made = compilation({ config: { seccomp }, files, host: { ...hybridHost, ...host } });
  const policy = compileSeccompProfile(made);
  const { problems, warnings } = made.findings;
  return { policy, problems, warnings };
}

const proxy = { notifyProxy: written('/run/proxy', 'lxc.seccomp.notify.proxy') };

test('who answers goes with a policy that asks, and with no other', (t) => {
  const asks = compile(['2', 'denylist', 'mkdir notify'], { ...proxy, notifyCookie: written('c1') });
  t.like(asks.policy?.notify, {
    proxy: '/run/proxy',
    cookie: 'c1',
    origin: { key: 'lxc.seccomp.notify.proxy' },
  });
  t.deepEqual([asks.problems, asks.warnings], [[], []]);
  const asksNobody = compile(['2', 'denylist', 'mkdir notify']);
  t.is(asksNobody.policy?.notify?.proxy, '');
  t.regex(asksNobody.warnings.join(), /get ENOSYS, lxc\.seccomp\.notify\.proxy is not set/);
  const asksNot = compile(['2', 'denylist', 'mkdir'], proxy);
  t.is(asksNot.policy?.notify, null);
  t.regex(asksNot.warnings.join(), /nothing to do: no rule of \/p has the action notify/);
});

test('a policy that asks must let the listener through', (t) => {
  for (const lines of [
    ['2', 'denylist', 'mkdir notify', 'sendmsg errno 1'],
    ['2', 'allowlist', 'read', 'mkdir notify'],
    ['2', 'allowlist notify', 'sendmsg allow [0,3,==]'],
    ['2', 'denylist', 'sendmsg notify'],
  ])
    t.regex(compile(lines, proxy).problems.join(), /must then allow sendmsg/, lines.join(' '));
  t.deepEqual(compile(['2', 'allowlist', 'sendmsg', 'mkdir notify'], proxy).problems, []);
});

test('under a filter, the policy is added where that is asked for, and else left away and said', (t) => {
  const lines = ['2', 'denylist', 'mkdir errno 1'];
  const left = compile(lines, {}, { filtered: true });
  t.is(left.policy, null);
  t.regex(left.warnings.join(), /is not loaded: .* lxc\.seccomp\.allow_nesting = 1/);
  const added = compile(lines, { allowNesting: true }, { filtered: true });
  t.is(added.policy?.rules.length, 1);
  t.deepEqual(added.warnings, []);
});
