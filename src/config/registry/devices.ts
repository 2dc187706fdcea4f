/** /dev, the console and the terminals. */
import { list, scalar, single } from '../key.ts';
import { device, showDevice } from '../values/device.ts';
import { bufferSize, flag, hostPath, relativePath, showFlag, whole } from '../values/plain.ts';

export const devices = {
  device: list({
    name: 'tlxc.device',
    syntax: 'DEVICE [-> PLACE] [OPTION …]',
    doc:
      'A device of the host that the container has, in its /dev and in its device list (lxc.cgroup.devices.allow). ' +
      'DEVICE is the path of its node, whose links are followed, or a class: gpu (/dev/dri, /dev/nvidia*, /dev/kfd), ' +
      'video (cameras: /dev/video*, /dev/media*), snd (/dev/snd), kvm, fuse, tun (/dev/net/tun). PLACE is its path in ' +
      'the container; without it the same. The node belongs to root and to the group that has the same name in the ' +
      '/etc/group of the container as its group has on the host (render, video, dialout …; without one, to root), and ' +
      'has the mode of the host. The options: mode=0660, uid=NUMBER and gid=NUMBER, as the container counts, for another ' +
      'mode or owner; optional: a start where the host lacks the device goes on without it, else it is refused. Of lines ' +
      "for one place the last counts. In containers of plain users it is the host's own node, which is for everybody or for nobody in it.",
    parse: single(device),
    show: showDevice,
  }),
  autodev: scalar({
    name: 'lxc.autodev',
    syntax: '0|1',
    fallback: '1',
    doc: 'A fresh /dev with the few devices that a system needs; an empty value is 0, as in LXC.',
    parse: (value) => value !== '' && flag(value),
    accepts: flag.accepts,
    show: showFlag,
    acceptsEmpty: true,
  }),
  autodevSize: scalar({
    name: 'lxc.autodev.tmpfs.size',
    syntax: 'BYTES',
    fallback: '500000',
    doc: 'How large the tmpfs may grow that lxc.autodev mounts on /dev; 0 sets no limit.',
    parse: whole(0, 2_147_483_647),
  }),
  ttyMax: scalar({
    name: 'lxc.tty.max',
    syntax: 'NUMBER',
    fallback: '0',
    doc: 'How many terminals /dev/tty1 … there are for logins (tlxc-console).',
    parse: whole(0, 1024),
  }),
  ttyDir: scalar({
    name: 'lxc.tty.dir',
    syntax: 'DIRECTORY',
    doc: 'A directory below /dev that holds console and terminals; /dev/console and /dev/ttyN become links.',
    parse: relativePath,
  }),
  ptyMax: scalar({
    name: 'lxc.pty.max',
    syntax: 'NUMBER',
    fallback: '0',
    doc: 'How many pseudo terminals the container may open; 0 sets no limit of its own.',
    parse: whole(0, 1_048_576),
  }),
  consolePath: scalar({
    name: 'lxc.console.path',
    syntax: 'FILE|none',
    doc: 'A file or terminal of the host that is /dev/console; none for no console.',
    parse: (value, context) => (value === 'none' ? value : hostPath(value, context)),
    accepts: { words: ['none'], pattern: '.*' },
  }),
  consoleLogFile: scalar({
    name: 'lxc.console.logfile',
    syntax: 'FILE',
    doc: 'Where everything that is written to the console is kept.',
    parse: hostPath,
  }),
  consoleSize: scalar({
    name: 'lxc.console.size',
    syntax: 'auto|SIZE',
    fallback: '0',
    doc: 'The most that the log file of the console may hold: auto is 128KB, 0 no limit.',
    parse: bufferSize,
  }),
  consoleBufferSize: scalar({
    name: 'lxc.console.buffer.size',
    syntax: 'auto|SIZE',
    fallback: '0',
    doc: 'How much of the console is kept in memory: auto is 128KB, 0 nothing.',
    parse: bufferSize,
  }),
  consoleRotate: scalar({
    name: 'lxc.console.rotate',
    syntax: '0|1',
    fallback: '0',
    doc: 'A log file of the console that is full is renamed to FILE.1 and begun again.',
    parse: flag,
    show: showFlag,
  }),
};
