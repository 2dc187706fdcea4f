import test from 'ava';
import { compileCgroups } from '../../src/plan/cgroup.ts';
import { compileDevices } from '../../src/plan/devices.ts';
import type { ContainerConfig } from '../../src/config/model.ts';
import { device } from '../../src/config/values/device.ts';
import type { FoundDevices, HostDevice } from '../../src/host/devices.ts';
import { compilation, hybridHost, idmap, v1Host, v2Host, written } from './sample.ts';

const node = (path: string, minor: number, mode: number, group: string): HostDevice => ({
  ...{ path, type: 'c', major: 226, minor, mode, group },
});
const CARD = node('/dev/dri/card0', 0, 0o660, 'video');
const RENDER = node('/dev/dri/renderD128', 128, 0o666, 'render');
const found: FoundDevices = { gpu: [CARD, RENDER], '/dev/dri/card0': [CARD], kvm: [] };

const DENIED = [written({ file: 'devices.deny', value: 'a' }, 'lxc.cgroup2.devices.deny')];
const lines = (...values: readonly string[]) => values.map((value) => written(device(value), 'tlxc.device'));

function compiled(config: Partial<ContainerConfig>, host = hybridHost) {
  const input = compilation({ config, host, files: { devices: found } });
  const steps = compileDevices(input).flatMap((step) => (step.op === 'give' ? [step] : []));
  const { hierarchies, deviceRules } = compileCgroups(input);
  const settings = hierarchies.flatMap((each) => each.settings);
  return { steps, settings, deviceRules, findings: input.findings };
}

test('both kinds of device lists are opened after all that the configuration says, with the line', (t) => {
  const devices = lines('/dev/dri/card0');
  const config = { devices, cgroup2: DENIED };
  const last = { file: 'devices.allow', value: 'c 226:0 rwm' };
  const origin = devices.map(({ at }) => ({ file: at.file, line: at.line, key: 'tlxc.device' }))[0];
  t.deepEqual(compiled(config, v1Host).settings.at(-1), { ...last, origin });
  t.deepEqual(compiled(config, v2Host).deviceRules.at(-1), {
    ...{ allow: true, type: 'c', major: 226, minor: 0, access: 'rwm' },
  });
});

test('where devices are not limited no list is begun: it would close all others', (t) => {
  const config = { devices: lines('gpu') };
  t.deepEqual(compiled(config, v2Host).deviceRules, []);
  t.deepEqual(compiled(config, v1Host).settings, []);
});

test('a node is made, or mounted where the container makes none or would keep it', (t) => {
  const mounted = (config: Partial<ContainerConfig>): readonly (readonly [string, boolean, number])[] =>
    compiled({ autodev: true, ...config }).steps.map((step) => [
      step.target,
      step.node.mounted,
      step.node.rootGid,
    ]);
  const devices = lines('/dev/dri/card0');
  t.deepEqual(mounted({ devices }), [['dev/dri/card0', false, 0]]);
  t.deepEqual(mounted({ devices, autodev: false }), [['dev/dri/card0', true, 0]]);
  t.deepEqual(mounted({ devices: lines('/dev/dri/card0 -> /srv/x') }), [['srv/x', true, 0]]);
  const idmapped = { devices, idmap };
  t.deepEqual(mounted(idmapped), [['dev/dri/card0', true, 100_000]]);
});

test("where nobody may make nodes the host's own are bound: those that are for everybody", (t) => {
  const nested = { ...hybridHost, makesNodes: false };
  const { steps, findings } = compiled({ devices: lines('gpu') }, nested);
  t.deepEqual(
    steps.map(({ bindFrom }) => bindFrom),
    [RENDER.path],
  );
  t.regex(findings.warnings.join(), /card0 \(mode 0660\).*left out/);
  const closed = compiled({ devices: lines('/dev/dri/card0 mode=0666') }, nested);
  t.deepEqual(closed.steps, []);
  t.deepEqual(
    closed.findings.problems.map(({ details }) => details.message.replace('tlxc.device: ', '')),
    [
      "only the host's root gives a device another mode or owner",
      '/dev/dri/card0 (mode 0660) is for its owner and group alone, and nobody in the container is either',
    ],
  );
});

test("on the host's own root there is nothing to make, and no other place", (t) => {
  const rootfs = { path: written('none', 'lxc.rootfs.path') };
  const here = compiled({ rootfs, devices: lines('gpu') });
  t.deepEqual([here.steps.length, here.findings.problems.length], [0, 0]);
  const elsewhere = compiled({ rootfs, devices: lines('/dev/dri/card0 -> /dev/x') });
  t.regex(elsewhere.findings.problems[0]?.details.message ?? '', /has its devices where the host has them/);
});
