/** Plans of root in an unprivileged container, for which the kernel does less than for the machine's root. */
import { join } from 'node:path';
import test from 'ava';
import type { ContainerConfig } from '../../src/config/model.ts';
import type { HostFacts } from '../../src/host/facts.ts';
import { packageRoot } from '../../src/package-root.ts';
import { compileCgroups } from '../../src/plan/cgroup.ts';
import { compileDevices } from '../../src/plan/devices.ts';
import { compileRootfs } from '../../src/plan/rootfs.ts';
import { compileSysctls } from '../../src/plan/sysctls.ts';
import { compilation, hybridHost, idmap as shifted, v2Host, written } from './sample.ts';

const ALL = [{ first: 0, count: 65_536 }];
const inside = (host: HostFacts): HostFacts => ({
  ...host,
  nested: { uids: ALL, gids: ALL },
  makesNodes: false,
});
const own = (['uid', 'gid'] as const).map((kind) =>
  written({ kind, inside: 0, outside: 0, count: 65_536 }, 'lxc.idmap'),
);

const rootfs = (config: Partial<ContainerConfig>, host = inside(hybridHost)) => {
  const made = compilation({ config, host });
  const compiled = compileRootfs(made);
  return { compiled, problems: made.findings.problems.map(({ details }) => details.message) };
};
const overlay = {
  path: written('overlay:/lower:/ct/overlay/delta'),
  options: written(['idmap=container']),
};

test('device nodes are bound, for a container without a user namespace of its own, too', (t) => {
  const bound = (host: HostFacts) =>
    compileDevices(compilation({ host, config: { autodev: true } })).flatMap((step) =>
      step.op === 'device' ? [step.bindFrom] : [],
    );
  t.deepEqual(new Set(bound(hybridHost)), new Set(['']));
  t.true(bound(inside(hybridHost)).includes('/dev/null'));
});

test('lists of devices are left out; what the shipped profile has of them, without a word', (t) => {
  const line = (file: string, value: string) => {
    const { at } = written(value);
    return { value: { file: 'devices.deny', value }, at: { ...at, file } };
  };
  for (const host of [hybridHost, v2Host]) {
    const made = (lines: readonly ReturnType<typeof line>[], where: HostFacts) => {
      const each = compilation({ host: where, config: { cgroup1: lines, cgroup2: lines } });
      const { hierarchies, deviceRules } = compileCgroups(each);
      const files = hierarchies.flatMap(({ settings }) => settings.map(({ file }) => file));
      return { rules: files.length + deviceRules.length, warnings: each.findings.warnings };
    };
    const shipped = line(join(packageRoot, 'config/common.conf'), 'a');
    t.true(made([shipped], host).rules > 0);
    t.deepEqual(made([shipped], inside(host)), { rules: 0, warnings: [] });
    const asked = made([line('/var/lib/tlxc/u1/config', 'a')], inside(host));
    t.is(asked.rules, 0);
    t.regex(asked.warnings.join(), /devices\.deny has no effect in an unprivileged container/);
  }
});

test('an overlay keeps its notes where this root may write them', (t) => {
  t.false(rootfs({ rootfs: { path: overlay.path } }, hybridHost).compiled.options.includes('userxattr'));
  t.true(rootfs({ rootfs: { path: overlay.path } }).compiled.options.includes('userxattr'));
});

test('where each id is itself no mount has to map any; others are refused, with the lines that will do', (t) => {
  const { compiled, problems } = rootfs({ idmap: own, rootfs: overlay });
  t.deepEqual([compiled.idmap, problems], ['', []]);
  t.is(rootfs({ idmap: own, rootfs: overlay }, hybridHost).compiled.idmap, 'container');
  const { problems: refused } = rootfs({ idmap: shifted, rootfs: overlay });
  t.is(refused.length, 1);
  t.regex(refused[0] ?? '', /idmap=container takes the machine's root/);
});

test('a parameter below what is mounted over /proc/sys is written through another procfs, which takes PIDs of its own', (t) => {
  const sysctls = [
    written({
      path: 'net/ipv4/ip_forward',
      value: '1',
      name: 'net.ipv4.ip_forward',
      namespace: 'net' as const,
    }),
  ];
  const own = (procMounts: readonly string[], keep: readonly 'pid'[] = []) =>
    compileSysctls(
      compilation({
        host: { ...hybridHost, procMounts },
        config: { sysctls, namespaces: { clone: [], keep: keep.map((name) => written(name)), share: [] } },
      }),
    ).map(({ ownProc }) => ownProc);
  t.deepEqual(own(['/proc/sys/fs/binfmt_misc', '/proc/sys/net/ipv6']), [false]);
  t.deepEqual(own(['/proc/sys']), [true]);
  t.deepEqual(own(['/proc/sys/net']), [true]);
  t.deepEqual(own(['/proc/sys'], ['pid']), [false]);
});

test('what lies in an image file is refused', (t) => {
  const [refused] = rootfs({ rootfs: { path: written('loop:/ct/rootdev') } }).problems.slice(-1);
  t.regex(refused ?? '', /lxc\.rootfs\.path: loop is the machine's root's: in an unprivileged container/);
});
