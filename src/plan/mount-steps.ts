/** Steps of the tree from what is special about them; the rest is what most mounts have. */
import type { TreeStep } from './types.ts';

type Filesystem = Extract<TreeStep, { op: 'filesystem' }>;
type Bind = Extract<TreeStep, { op: 'bind' }>;
type Some<T, Needed extends keyof T> = Pick<T, Needed> & Partial<Omit<T, 'op'>>;

/** Attributes of the kernel's own filesystems: nothing in them is a program or a device. */
export const QUIET = ['nosuid', 'nodev', 'noexec'];

/** A new filesystem, at a place that is made where it is missing. source: its type. */
export const filesystemStep = ({
  fstype,
  target,
  ...rest
}: Some<Filesystem, 'fstype' | 'target' | 'origin'>): Filesystem => ({
  op: 'filesystem',
  fstype,
  source: fstype,
  target,
  attributes: [],
  options: [],
  byMonitor: false,
  lastPropagation: '',
  create: 'dir',
  optional: false,
  ...rest,
});

/** A bind mount of something of the host's, not recursive. */
export const bindStep = ({ source, target, ...rest }: Some<Bind, 'source' | 'target' | 'origin'>): Bind => ({
  op: 'bind',
  source,
  sourceIn: 'host',
  recursive: false,
  moves: false,
  target,
  attributes: [],
  propagation: '',
  lastPropagation: '',
  create: 'none',
  optional: false,
  idmap: '',
  owner: null,
  ...rest,
});
