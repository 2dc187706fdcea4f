/** lxc.cgroup.devices.* and lxc.cgroup2.devices.*: one syntax, enforced by the v1 controller or a v2 program. */
import type { Sourced } from '../config/model.ts';
import type { Compilation, Findings } from './input.ts';
import type { StartPlan } from './types.ts';

export type DeviceRule = StartPlan['cgroups']['deviceRules'][number];
export type Entry = Sourced<{ readonly file: string; readonly value: string }>;

const RULE = /^([abc])(?:\s+(\*|\d+):(\*|\d+)(?:\s+([rwm]{1,3}))?)?$/;
/** Every major or minor number. */
export const ANY_DEVICE = -1;

/** The lines that count here: those of the world that enforces them, or the other's where that has none. */
export function deviceEntries({ config, host }: Compilation): readonly Entry[] {
  const devices = (entries: readonly Entry[]) =>
    entries.filter((each) => each.value.file.startsWith('devices.'));
  const byController = host.cgroups.some(
    (mount) => mount.version === 1 && mount.controllers.includes('devices'),
  );
  const [first, second] = byController ? [config.cgroup1, config.cgroup2] : [config.cgroup2, config.cgroup1];
  const own = devices(first);
  return own.length > 0 ? own : devices(second);
}

/** The rules in the order written; the loader has checked the values of the two keys. */
export function parseDeviceRules(entries: readonly Entry[], findings: Findings): DeviceRule[] {
  return entries.flatMap(({ value, at }) => {
    const allow = value.file === 'devices.allow';
    const [, type = 'a', major = '*', minor = '*', access = 'rwm'] = RULE.exec(value.value) ?? [];
    if (!allow && value.file !== 'devices.deny') {
      findings.refuse(at, `${value.file}: devices.allow and devices.deny are the keys of the device list`);
      return [];
    }
    const number = (written: string) => (written === '*' ? ANY_DEVICE : Number(written));
    return [{ allow, type, major: number(major), minor: number(minor), access }];
  });
}
