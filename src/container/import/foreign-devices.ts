/** Lines that give an imported container devices, directories and ports of this host: lines, or comments. */
import { statSync } from 'node:fs';
import { device as parseDevice } from '../../config/values/device.ts';
import { mountEntry } from '../../config/values/mount.ts';
import { isDeviceClass } from '../../device-classes.ts';
import type { ForeignDevice, Line } from './foreign.ts';

export interface DeviceLines {
  /** Of the container, in the order of its devices. */
  readonly others: readonly string[];
  /** Those that belong below its first interface. */
  readonly network: readonly string[];
  /** Devices that it has not, each with its reason. */
  readonly leftOut: readonly string[];
}

const pathOf = ([key, value]: Line): string => {
  if (key === 'tlxc.device') {
    const { device } = parseDevice(value);
    return isDeviceClass(device) ? '' : device;
  }
  const { source } =
    key === 'lxc.mount.entry' ? mountEntry(value, { warn: () => undefined }) : { source: '' };
  return source.startsWith('/') ? source : '';
};

const found = (path: string) => statSync(path, { throwIfNoEntry: false });

/** Why a line of the archive's may not be one here; "": it may. */
function whyNot(line: Line, trusted: boolean): string {
  if (/^tmpfs /.test(line[1])) return '';
  if (!trusted) return 'it is of the host: where the archive is trusted (--trust), it is taken over';
  const path = pathOf(line);
  if (path === '') return '';
  const stats = found(path);
  if (stats === undefined) return `there is no ${path} here`;
  return line[0] === 'lxc.mount.entry' && stats.isBlockDevice()
    ? `${path} is a block device: which filesystem it holds is not told`
    : '';
}

/** A file is bound over a file. */
const fitted = (line: Line): Line => {
  const path = line[0] === 'lxc.mount.entry' ? pathOf(line) : '';
  return path !== '' && found(path)?.isFile() === true
    ? [line[0], line[1].replace('create=dir', 'create=file')]
    : line;
};

export function deviceLines(devices: readonly ForeignDevice[], trusted: boolean): DeviceLines {
  const all = devices.flatMap(({ label, lines }) =>
    lines.map((line) => ({ label, line, why: whyNot(line, trusted) })),
  );
  const written = all.map(({ line, why }) => {
    const [key, value] = why === '' ? fitted(line) : line;
    return { key, text: `${why === '' ? '' : '# not imported: '}${key} = ${value}` };
  });
  const texts = (isOfNetwork: boolean): string[] =>
    written.filter(({ key }) => key.startsWith('tlxc.net.') === isOfNetwork).map(({ text }) => text);
  const left = all
    .filter(({ why }) => why !== '')
    .map(({ label, line: [key, value], why }) => `${label}: ${key} = ${value}: ${why}`);
  return {
    others: texts(false),
    network: texts(true),
    leftOut: [
      ...devices.filter(({ why }) => why !== '').map(({ label, why }) => `${label}: ${why}`),
      ...left,
    ],
  };
}
