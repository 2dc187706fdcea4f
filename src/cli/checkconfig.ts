/** tlxc-checkconfig: what of the kernel containers use is there. Sections and labels are lxc-checkconfig's. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TlxcError } from '../errors.ts';
import { errnoName } from '../errno.ts';
import { readKernelConfig, runningKernelConfig, type KernelConfig } from '../host/kernel-config.ts';
import { featureSections, presenceOf, type FeatureSection, type Presence } from '../host/kernel-features.ts';
import { probeHost } from '../host/probe.ts';
import { packageVersion } from '../package-root.ts';
import { painter, type Colour } from './colour.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { jsonText } from './printable.ts';

interface Answer {
  readonly label: string;
  readonly symbol: string;
  /** required: missing, and nothing works without it. unknown: the kernel does not tell. */
  readonly presence: 'enabled' | 'missing' | 'required' | 'unknown';
}

interface Section {
  readonly title: string;
  readonly features: readonly Answer[];
}

/** $CONFIG, the configuration of another kernel, as lxc-checkconfig takes it. */
function givenConfig({ env, cwd }: CommandContext): KernelConfig | null {
  const file = env['CONFIG'] ?? '';
  if (file === '') return null;
  const path = resolve(cwd, file);
  try {
    return readKernelConfig(path);
  } catch (error) {
    const { errno = 0, code = errnoName(errno) } = error as NodeJS.ErrnoException;
    throw new TlxcError({
      code: 'TLXC_E_USAGE',
      message: `cannot read the kernel configuration ${path}`,
      errno: code,
      path,
      hint: 'CONFIG names a file such as /boot/config-VERSION, plain or compressed by gzip; unset it to ask the running kernel',
    });
  }
}

function answerOf(presence: Presence, required: boolean): Answer['presence'] {
  if (presence === undefined) return 'unknown';
  return presence === 'missing' && required ? 'required' : presence;
}

function ask({ title, features }: FeatureSection, config: KernelConfig | null, running: boolean): Section {
  return {
    title,
    features: features.map((feature) => ({
      label: feature.label,
      symbol: feature.symbol,
      presence: answerOf(presenceOf(feature, config, running), feature.required === true),
    })),
  };
}

type Paint = ReturnType<typeof painter>;

/** Where version 2 lies that has the host to itself. */
const UNIFIED = '/sys/fs/cgroup';

const COLOURS: Readonly<Record<Answer['presence'], Colour>> = {
  enabled: 'green',
  missing: 'yellow',
  unknown: 'yellow',
  required: 'red',
};

/** lxc-checkconfig's lists of mount points, which stand among the control groups, and what it tells of version 1 below them. */
function mountPoints(paint: Paint): string[] {
  const { cgroups } = probeHost();
  const placesOf = (version: number) =>
    cgroups.filter((mount) => mount.version === version).map(({ mountPoint }) => mountPoint);
  const [first, second] = [placesOf(1), placesOf(2)];
  const lists = [first, second].flatMap((places, index) => [
    `Cgroup v${index + 1} mount points: `,
    ...places.map((place) => ` - ${place}`),
  ]);
  return second.join() === UNIFIED ? lists : [...lists, ...version1(first, paint)];
}

function version1(places: readonly string[], paint: Paint): string[] {
  const lacks = ['systemd', 'freezer'].filter((name) => !places.some((place) => place.includes(`/${name}`)));
  const handsDown = places.length > 0 && existsSync(join(places[0] ?? '', 'cgroup.clone_children'));
  return [
    ...lacks.map((name) => `Cgroup v1 ${name} controller: ${paint('red', 'missing')}`),
    ...(handsDown ? [`Cgroup v1 clone_children flag: ${paint('green', 'enabled')}`] : []),
  ];
}

function describe(sections: readonly Section[], context: CommandContext): string[] {
  const paint = painter(context);
  return sections.flatMap(({ title, features }) => {
    const rows = features.map(({ label, presence }) => `${label}: ${paint(COLOURS[presence], presence)}`);
    if (title === 'Control groups') rows.splice(2, 0, ...mountPoints(paint));
    return [`--- ${title} ---`, ...rows, ''];
  });
}

function checkConfig({ options }: Invocation, context: CommandContext): number {
  const given = givenConfig(context);
  const config = given ?? runningKernelConfig();
  const sections = featureSections.map((section) => ask(section, config, given === null));
  if (options['json'] === true) {
    context.stdout.write(jsonText({ config: config?.file ?? null, running: given === null, sections }));
    return 0;
  }
  const source = config ? config.file : 'kept nowhere here; what the kernel itself does not tell is unknown';
  const lines = [
    `TLXC version ${packageVersion()}`,
    `Kernel configuration: ${source}`,
    '',
    ...describe(sections, context),
    'Note: the configuration of another kernel is checked with',
    `CONFIG=/path/to/config ${context.program}`,
  ];
  context.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-checkconfig',
    summary: 'shows whether the kernel has what containers use',
    usage: '[--json]',
    options: [{ flags: '--json', description: 'Show it as JSON' }],
    name: 'none',
    rest: 'none',
  },
  checkConfig,
);
