/** The command lines of criu(8) for a container, in LXC's order: pure. */
import type { Interface, StartPlan } from './types.ts';

export interface CheckpointPlace {
  /** Absolute; CRIU's images and its log, ACTION.log, lie there. */
  readonly directory: string;
  readonly verbose: boolean;
  /** Called by CRIU at its own steps. Absolute, or found in PATH. */
  readonly actionScript?: string | undefined;
}

export interface DumpOptions extends CheckpointPlace {
  /** Memory only, and the container goes on: a later dump with predumpDir writes what changed since. */
  readonly preDump: boolean;
  /** Of an earlier pre-dump, relative to directory. */
  readonly predumpDir?: string | undefined;
  /** The container ends with the dump. */
  readonly stop: boolean;
}

/** What the monitor says of the running container. */
export interface DumpSource {
  readonly initPid: number;
  readonly cgroups: readonly {
    readonly version: number;
    readonly mountPoint: string;
    readonly controllers: readonly string[];
    readonly limitGroup: string;
    readonly innerGroup: string;
  }[];
}

type Action = 'dump' | 'pre-dump' | 'restore';

const common = (action: Action, { directory }: CheckpointPlace): string[] => [
  ...[action, '--tcp-established', '--file-locks', '--link-remap', '--manage-cgroups=full'],
  ...['--ext-mount-map', 'auto', '--enable-external-sharing', '--enable-external-masters'],
  ...['--enable-fs', 'hugetlbfs', '--enable-fs', 'tracefs'],
  ...['-D', directory, '-o', `${directory}/${action}.log`],
];

const extras = ({ verbose, actionScript }: CheckpointPlace): string[] => [
  ...(verbose ? ['-v4'] : []),
  ...(actionScript === undefined ? [] : ['--action-script', actionScript]),
];

/** What of the host is bound into the container: CRIU knows it by its place inside. */
export const hostBinds = ({
  tree,
  devices,
}: StartPlan): readonly { source: string; target: string; optional: boolean }[] =>
  [...tree, ...devices].flatMap((step) =>
    step.op === 'bind' && step.sourceIn === 'host'
      ? [{ source: step.source, target: step.target, optional: step.optional }]
      : [],
  );

/** Files that the executor lays over others: they are on no filesystem that CRIU sees the root of, and it is given new ones. */
const covers = ({
  protect,
}: StartPlan): readonly { readonly op: 'bootId' | 'mask'; readonly target: string }[] =>
  protect.flatMap(({ op, target }) => (op === 'bootId' || op === 'mask' ? [{ op, target }] : []));

const mapped = (pairs: readonly (readonly [string, string])[]): string[] =>
  pairs.flatMap(([key, value]) => ['--ext-mount-map', `${key}:${value}`]);

type Hierarchy = DumpSource['cgroups'][number];

const groupRoots = (cgroups: readonly Hierarchy[]): string[] =>
  cgroups.flatMap(({ controllers, innerGroup }) => [
    '--cgroup-root',
    `${controllers.length > 0 ? `${controllers.join(',')}:` : ''}/${innerGroup}`,
  ]);

function freezer(cgroups: readonly Hierarchy[]): string[] {
  const group =
    cgroups.find(({ controllers }) => controllers.includes('freezer')) ??
    cgroups.find(({ version }) => version === 2);
  return group === undefined ? [] : ['--freeze-cgroup', `${group.mountPoint}/${group.limitGroup}`];
}

/** argv of a dump. */
export function dumpCommand(
  criu: string,
  plan: StartPlan,
  source: DumpSource,
  options: DumpOptions,
): readonly string[] {
  const { preDump, predumpDir, stop } = options;
  return [
    criu,
    ...common(preDump ? 'pre-dump' : 'dump', options),
    ...groupRoots(source.cgroups),
    ...extras(options),
    ...mapped([...hostBinds(plan), ...covers(plan)].map(({ target }) => [`/${target}`, target])),
    ...['-t', String(source.initPid), '--skip-in-flight', ...freezer(source.cgroups)],
    ...(predumpDir === undefined ? [] : ['--prev-images-dir', predumpDir, '--track-mem']),
    '--force-irmap',
    ...(preDump || stop ? [] : ['--leave-running']),
  ];
}

function external({ device, name, link }: Interface): string[] {
  if (device.op === 'veth') {
    const bridge = link.value === '' ? '' : `@${link.value}`;
    return ['--external', `veth[${name.value}]:${device.hostName.value}${bridge}`];
  }
  return device.op === 'macvlan' ? ['--external', `macvlan[${name.value}]:${link.value}`] : [];
}

/** What a restore needs beside the plan. */
export interface RestoreSources {
  /** A name for the host's end of a veth that the configuration leaves open. */
  readonly draw: () => string;
  /** Files of this host's: one with a boot id of its own, and an empty one or, over a directory, an empty directory. */
  readonly bootId: string;
  readonly empty: (target: string) => string;
}

/** The plan, as a restore of what lies there. Its interfaces need names on both sides, which CRIU is told. */
export function asRestore(
  criu: string,
  plan: StartPlan,
  place: CheckpointPlace,
  { draw, bootId, empty }: RestoreSources,
): StartPlan {
  const interfaces = plan.interfaces.map((each) => {
    const { device } = each;
    const name = { ...each.name, value: each.name.value || `eth${each.index}` };
    if (device.op !== 'veth') return { ...each, name };
    return {
      ...each,
      name,
      device: { ...device, hostName: { ...device.hostName, value: device.hostName.value || draw() } },
    };
  });
  const { apparmorProfile, selinuxContext } = plan.security;
  const label = apparmorProfile
    ? `apparmor:${apparmorProfile}`
    : selinuxContext && `selinux:${selinuxContext}`;
  const argv = [
    criu,
    ...common('restore', place),
    ...extras(place),
    ...mapped(hostBinds(plan).map(({ target, source }) => [target, source])),
    ...mapped(covers(plan).map(({ op, target }) => [target, op === 'bootId' ? bootId : empty(target)])),
    ...['--restore-detached', '--restore-sibling'],
    ...(label ? ['--lsm-profile', label] : []),
    ...interfaces.flatMap(external),
  ];
  return { ...plan, interfaces, restore: { argv } };
}

const UNSHARED = 'give it one of its own';
const UNMAPPED = 'only a privileged one, made without lxc.idmap, can be saved';

export interface Undumpable {
  readonly why: string;
  readonly hint: string;
  readonly origin: Origin | undefined;
}

/** A node of tlxc.device in a /dev of the container's own is a file of it. */
const mountedDevices = ({ devices }: StartPlan): readonly Undumpable[] =>
  devices.flatMap((step) =>
    step.op === 'give' && step.node.mounted
      ? [
          {
            why: `/${step.target} is a mount that CRIU does not know`,
            hint: 'devices in /dev are none, with lxc.autodev = 1',
            origin: step.origin,
          },
        ]
      : [],
  );

/** In a ramfs, of which CRIU knows nothing. */
const credentialMounts = ({ tree }: StartPlan): readonly Undumpable[] =>
  tree.flatMap(({ op, origin }) =>
    op === 'credentials'
      ? [{ why: 'CRIU cannot save its credentials', hint: 'take tlxc.credential.* out', origin }]
      : [],
  );

/** What of a plan CRIU cannot save or bring back, with the line that asks for it. stop: the container ends with it. */
export function undumpable(plan: StartPlan, stop: boolean): readonly Undumpable[] {
  const { terminals, rootfs, idmap, shared, interfaces, security } = plan;
  const [ending] = plan.monitor.afterStop;
  const found: Undumpable[] = [];
  const add = (why: string, hint: string, origin?: Origin): void => void found.push({ why, hint, origin });
  if (stop && ending)
    add(
      'stopping it (-s) destroys it: what the checkpoint needs would be gone',
      'let it go on, or set lxc.ephemeral = 0',
      ending.origin,
    );
  const [firstMap] = idmap;
  if (rootfs.idmap !== '' || plan.user !== null)
    add(
      'CRIU cannot save mounts with mapped ids, which unprivileged containers have',
      UNMAPPED,
      firstMap?.origin,
    );
  if (terminals.console !== 'none')
    add('its console is held from outside', 'set lxc.console.path = none', terminals.origin);
  if (terminals.ttys > 0) add('its terminals are held from outside', 'set lxc.tty.max = 0', terminals.origin);
  for (const { device, origin } of interfaces)
    if (!['veth', 'macvlan', 'empty'].includes(device.op))
      add(
        `CRIU cannot save a network interface of type ${device.op}`,
        'veth, macvlan, empty and none will do',
        origin,
      );
  found.push(...mountedDevices(plan), ...credentialMounts(plan));
  for (const { namespace, origin } of shared)
    add(`it shares the ${namespace} namespace with others, who would not be saved`, UNSHARED, origin);
  if (security.seccomp?.notify)
    add(
      'calls that its policy leaves to another program (notify) cannot be saved',
      'take notify out of its policy',
      security.seccomp.notify.origin,
    );
  return found;
}

type Origin = StartPlan['terminals']['origin'];
