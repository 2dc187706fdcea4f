/** etc/vzdump/pct.conf of Proxmox VE: "key: value" lines; sections of snapshots follow, in brackets. */
import { amountOf, cpuLines, HWADDR, memoryLines, type Foreign } from './foreign.ts';

type Taken = Foreign['lines'];

/** The keys that are taken over; a value that is none gives no lines. */
const KEYS: Readonly<Record<string, (value: string) => Taken | null>> = {
  memory: (value) => {
    const bytes = amountOf(`${value}MiB`);
    return bytes === null ? null : memoryLines(bytes);
  },
  cores: (value) => (/^\d{1,4}$/.test(value) ? cpuLines(Number(value)) : null),
  cpulimit: (value) =>
    /^\d{1,4}(\.\d+)?$/.test(value) && Number(value) > 0 ? cpuLines(Number(value)) : null,
  onboot: (value) => (value === '1' ? [['lxc.start.auto', '1']] : []),
};
/** They say nothing here: what the archive holds, or how Proxmox shows it. */
const IDLE = new Set([
  'arch',
  'hostname',
  'ostype',
  'rootfs',
  'unprivileged',
  'description',
  'lock',
  'tags',
  'net0',
]);

export function readProxmox(text: string): Foreign {
  const entries = text.split(/^\[/m, 1).flatMap((top) =>
    top.split('\n').flatMap((line) => {
      const [, key, value] = /^([a-z][a-z0-9_.]*): *(.*?)\s*$/.exec(line) ?? [];
      return key === undefined || value === undefined ? [] : [{ key, value }];
    }),
  );
  const valueOf = (wanted: string): string => entries.find(({ key }) => key === wanted)?.value ?? '';
  const taken = entries.map(({ key, value }) => ({ key, value, lines: KEYS[key]?.(value) ?? null }));
  // Of two keys that say the same the last one counts there, too.
  const lines = new Map(taken.flatMap((each) => each.lines ?? []).map((line) => [line[0], line]));
  const hwaddr = /(?:^|,)hwaddr=([^,]+)/.exec(valueOf('net0'))?.[1] ?? '';
  return {
    name: valueOf('hostname').split('.')[0] ?? '',
    prefix: '',
    excludes: ['etc/vzdump'],
    lines: [...lines.values()],
    devices: [],
    hwaddr: HWADDR.test(hwaddr) ? hwaddr : '',
    leftOut: taken
      .filter(({ key, lines: own }) => own === null && !IDLE.has(key))
      .map(({ key, value }) => `${key}: ${value}`),
  };
}
