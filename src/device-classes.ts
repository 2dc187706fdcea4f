/** Kinds of devices that people ask for by a word, and where a host has their nodes. */

/** Below /dev: a directory, and which of its nodes. */
type Place = readonly [directory: string, names: RegExp];

interface Kind {
  /** For people. */
  readonly where: string;
  readonly places: readonly Place[];
}

export type DeviceClass = 'fuse' | 'gpu' | 'kvm' | 'snd' | 'tun' | 'video';

export const DEVICE_CLASSES: Readonly<Record<DeviceClass, Kind>> = {
  // AMD's compute node, NVIDIA's own nodes, and what stands for a GPU in WSL.
  gpu: {
    where: '/dev/dri, /dev/nvidia*, /dev/kfd',
    places: [
      ['dri', /^(card|renderD)\d+$/],
      ['.', /^(nvidia\d+|nvidiactl|nvidia-(modeset|uvm|uvm-tools|nvswitchctl|nvlink)|kfd|dxg)$/],
      ['nvidia-caps', /^nvidia-cap\d+$/],
    ],
  },
  video: {
    where: '/dev/video*, /dev/media*',
    places: [['.', /^(video|media|v4l-subdev)\d+$/]],
  },
  snd: { where: '/dev/snd', places: [['snd', /./]] },
  kvm: { where: '/dev/kvm', places: [['.', /^kvm$/]] },
  fuse: { where: '/dev/fuse', places: [['.', /^fuse$/]] },
  tun: { where: '/dev/net/tun', places: [['net', /^tun$/]] },
};

/** Whether the host has its nodes at such a path. */
export const isOfClass = (kind: DeviceClass, path: string): boolean =>
  DEVICE_CLASSES[kind].places.some(([directory, names]) => {
    const below = directory === '.' ? '/dev/' : `/dev/${directory}/`;
    const name = path.slice(below.length);
    return path.startsWith(below) && !name.includes('/') && names.test(name);
  });

export const deviceClasses: readonly string[] = Object.keys(DEVICE_CLASSES);

export const isDeviceClass = (word: string): word is DeviceClass => Object.hasOwn(DEVICE_CLASSES, word);
