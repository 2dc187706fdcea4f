/** An image's metadata: LXC's meta.tar.xz, of which only what an allow-list names is believed. Nothing in it is ever run. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseLine } from '../config/document.ts';
import { SHIPPED_CONFIG } from '../config/shipped.ts';
import { TlxcError } from '../errors.ts';
import { packageRoot } from '../package-root.ts';
import { Problem } from '../problem.ts';

/** What an image's own metadata says of it. */
export interface ImageMetadata {
  /** Configuration lines of a privileged container ("key = value"), includes already rewritten to ours. */
  readonly systemConfig: readonly string[];
  /** The same for a container with an id map. */
  readonly userConfig: readonly string[];
  /** Absolute paths inside the root filesystem in which LXC_NAME stands for the container's name. */
  readonly templates: readonly string[];
  /** Shown once the container is made. */
  readonly message: string;
  /** Unix seconds after which the image server is asked for a newer build; 0: never. */
  readonly expiry: number;
  /** Members that are not unpacked, "./dev/null". */
  readonly excludes: readonly string[];
  /** A program alone, with no init that would see to addresses, name servers and /etc/hosts: TLXC does. */
  readonly application?: boolean;
}

const KEYS = [
  ...['lxc.include', 'lxc.arch', 'lxc.signal.halt', 'lxc.signal.reboot', 'lxc.signal.stop'],
  ...['lxc.tty.max', 'lxc.pty.max', 'lxc.init.cmd', 'lxc.init.cwd', 'lxc.init.uid', 'lxc.init.gid'],
];
/** The profiles of a distribution's containers: of all, and of those with an id map. Others (privileged.conf) allow more. */
const COMMON = /\/([a-z0-9-]+\.)?common\.conf$/;
const USERNS = /\/([a-z0-9-]+\.)?userns\.conf$/;

/** Whether a "key = value" line is one that an image may bring along. */
export const isImageLine = (line: string): boolean => KEYS.includes(line.split(' ')[0] ?? '');

const DEFAULT_TEMPLATES = ['/etc/hostname', '/etc/hosts'];
const MAX_LIST = 4096;

/** Metadata for an image that comes without any: shipped configuration, hostname and hosts. */
export function defaultMetadata(arch: string): ImageMetadata {
  const personality = ['i386', 'armhf', 'armel'].includes(arch) ? 'linux32' : 'linux64';
  const common = `lxc.include = ${SHIPPED_CONFIG}/common.conf`;
  const user = `lxc.include = ${SHIPPED_CONFIG}/userns.conf`;
  return {
    systemConfig: [common, `lxc.arch = ${personality}`],
    userConfig: [common, user, `lxc.arch = ${personality}`],
    templates: DEFAULT_TEMPLATES,
    message: '',
    expiry: 0,
    excludes: [],
  };
}

/** Members of a metadata archive, name to text. Throws TLXC_E_IMAGE naming every key that an image may not set. */
export function parseMetadata(members: ReadonlyMap<string, string>, image: string): ImageMetadata {
  const system = members.get('config');
  if (system === undefined) throw refuse(image, 'its metadata has no "config"');
  const user = members.get('config-user');
  const systemConfig = withCommon(checkedConfig(system, 'config', image));
  const userConfig = withUserNamespace(
    user === undefined ? systemConfig : withCommon(checkedConfig(user, 'config-user', image)),
  );
  return {
    ...{ systemConfig, userConfig },
    templates: lines(members.get('templates')).filter((path) => path.startsWith('/')),
    message: printable(members.get('create-message') ?? ''),
    expiry: Number(/^\d{1,12}/.exec(members.get('expiry') ?? '')?.[0] ?? 0),
    excludes: [...lines(members.get('excludes')), ...lines(members.get('excludes-user'))].filter((path) =>
      path.startsWith('./'),
    ),
  };
}

const lines = (text: string | undefined): string[] =>
  (text ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, MAX_LIST);

/** An image's words go to the caller's terminal: nothing in them may drive it. */
const printable = (text: string): string =>
  text
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .slice(0, 4096)
    .trim();

const refuse = (image: string, why: string, problems: readonly Problem[] = []): TlxcError =>
  new TlxcError({
    ...{ code: 'TLXC_E_IMAGE', message: `${image}: ${why}: refused`, problems },
    hint: 'mend the metadata; what else the container is to have goes into its own configuration, once it is made',
  });

const includes = (config: readonly string[], file: RegExp): boolean =>
  config.some((line) => line.startsWith('lxc.include') && file.test(line));

/** An image that names no profile has one all the same: it is the host that is kept from the container. */
const withCommon = (config: readonly string[]): readonly string[] =>
  includes(config, COMMON) ? config : [`lxc.include = ${SHIPPED_CONFIG}/common.conf`, ...config];

function withUserNamespace(config: readonly string[]): readonly string[] {
  if (includes(config, USERNS)) return config;
  const last = config.findLastIndex((line) => line.startsWith('lxc.include'));
  return config.toSpliced(last + 1, 0, `lxc.include = ${SHIPPED_CONFIG}/userns.conf`);
}

function checkedConfig(text: string, member: string, image: string): string[] {
  const problems: Problem[] = [];
  const config = text.split('\n').flatMap((raw, index) => {
    const line = parseLine(raw);
    if (line.kind === 'blank' || line.kind === 'comment') return [];
    const at = { file: member, line: index + 1 };
    const problem = (message: string) => problems.push(new Problem({ message, at }));
    if (line.kind !== 'entry') {
      problem('not a configuration line');
      return [];
    }
    if (!KEYS.includes(line.key)) problem(`${line.key} is not a key that an image may set`);
    if (line.key !== 'lxc.include') return [`${line.key} = ${line.value}`];
    const shipped = shippedInclude(line.value);
    if (shipped === null) problem(`lxc.include = ${line.value}: TLXC ships no such file`);
    else if (!COMMON.test(shipped) && (member === 'config' || !USERNS.test(shipped)))
      problem(`lxc.include = ${line.value} is not for an image to include in its ${member}`);
    return [`lxc.include = ${shipped}`];
  });
  if (problems.length > 0) throw refuse(image, 'its metadata is not acceptable', problems);
  return config;
}

/** LXC_TEMPLATE_CONFIG/NAME, or LXC's own directory, becomes the file of that name that TLXC ships. */
function shippedInclude(value: string): string | null {
  const name = basename(value);
  const directory = value.slice(0, -name.length);
  const known = ['LXC_TEMPLATE_CONFIG/', '/usr/share/lxc/config/', `${SHIPPED_CONFIG}/`].includes(directory);
  if (!known || !/^[a-z0-9][a-z0-9.-]*\.conf$/.test(name)) return null;
  return existsSync(join(packageRoot, 'config', name)) ? `${SHIPPED_CONFIG}/${name}` : null;
}
