import test from 'ava';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEVICE_CLASSES, isOfClass, type DeviceClass } from '../../src/device-classes.ts';
import { deviceAt, devicesOf, findDevices } from '../../src/host/devices.ts';
import { requires } from '../rig/requires.ts';

/** A /dev with these nodes, and links and files where a device could be meant. */
const NODES = [
  'dri/card0',
  'dri/renderD128',
  'nvidia0',
  'nvidiactl',
  'nvidia-uvm',
  'kfd',
  'sda',
  'net/tun',
  'video0',
];

requires('root')('a class is the nodes of that kind; what is no device, or another, is none of it', (t) => {
  const dev = mkdtempSync(join(tmpdir(), 'tlxc-dev-'));
  t.teardown(() => rmSync(dev, { recursive: true }));
  for (const below of ['dri', 'dri/by-path', 'net']) mkdirSync(join(dev, below));
  for (const name of NODES) execFileSync('mknod', ['-m', '0660', join(dev, name), 'c', '226', '300']);
  execFileSync('chgrp', ['44', join(dev, 'dri/card0')]);
  writeFileSync(join(dev, 'nvidia1'), '');
  symlinkSync('../card0', join(dev, 'dri/by-path/pci-0-card'));
  writeFileSync(join(dev, 'group'), 'root:x:0:\nvideo:x:44:ann\n');
  const places = { dev, groups: join(dev, 'group') };
  const names = (kind: Parameters<typeof devicesOf>[0]): readonly string[] =>
    devicesOf(kind, places).map(({ path }) => path.slice(dev.length + 1));
  t.deepEqual(names('gpu'), ['dri/card0', 'dri/renderD128', 'kfd', 'nvidia-uvm', 'nvidia0', 'nvidiactl']);
  t.deepEqual(names('tun'), ['net/tun']);
  t.deepEqual(names('video'), ['video0']);
  t.deepEqual(names('kvm'), []);
  const card = {
    path: join(dev, 'dri/card0'),
    type: 'c',
    major: 226,
    minor: 300,
    mode: 0o660,
    group: 'video',
  };
  t.deepEqual(deviceAt(card.path, places), card as ReturnType<typeof deviceAt>);
  const link = join(dev, 'dri/by-path/pci-0-card');
  t.deepEqual(findDevices(['kvm', link, places.groups, '/no/such'], places), {
    kvm: [],
    [link]: [{ ...card, type: 'c' as const, path: link }],
    [places.groups]: 'other',
    '/no/such': [],
  });
});

test('a group without a name is none', (t) => {
  const found = deviceAt('/dev/null', { dev: '/dev', groups: '/no/such' });
  t.is(typeof found === 'string' ? found : found.group, '');
});

test('the class of a path, of a device that is gone by now, too', (t) => {
  const classesOf = (path: string): readonly string[] =>
    Object.keys(DEVICE_CLASSES).filter((kind) => isOfClass(kind as DeviceClass, path));
  t.deepEqual(classesOf('/dev/dri/renderD128'), ['gpu']);
  t.deepEqual(classesOf('/dev/nvidia0'), ['gpu']);
  t.deepEqual(classesOf('/dev/net/tun'), ['tun']);
  t.deepEqual(classesOf('/dev/snd/pcmC0D0p'), ['snd']);
  for (const other of ['/dev/snd/by-path/x', '/dev/null', '/srv/net/tun', '/dev/tun', '/dev/kvm0'])
    t.deepEqual(classesOf(other), [], other);
});
