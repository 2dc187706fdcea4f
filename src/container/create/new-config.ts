/** The configuration that a new container gets: the image's lines, its own, and those of the seed (-f). */
import { dirname, resolve } from 'node:path';
import { ConfigDocument } from '../../config/document.ts';
import { randomHardwareAddress } from '../../config/hwaddr.ts';
import type { IdMap } from '../../config/model.ts';
import { readConfigFile } from '../../config/read-file.ts';
import { TlxcError } from '../../errors.ts';
import { originOf, type ImageInfo } from '../../image/stored-image.ts';

export interface Seed {
  readonly network: readonly string[];
  readonly others: readonly string[];
  readonly hasIdmap: boolean;
  readonly hasRootfs: boolean;
  readonly hasInclude: boolean;
}

export interface NewConfig {
  readonly name: string;
  /** As typed: the template and its arguments. */
  readonly template: string;
  readonly templateArgs: readonly string[];
  /** null: it is made from none. */
  readonly image: { readonly title: string; readonly info: ImageInfo } | null;
  readonly seed: Seed;
  /** Configuration lines of the image, or TLXC's own for that kind of container. */
  readonly distribution: readonly string[];
  /** The container's own ids; none: privileged, or the seed has its own map. */
  readonly maps: readonly IdMap[];
  /** Ids are mapped, in whichever file the map is. */
  readonly idmapped: boolean;
  /** By mounting: the files have unshifted owners. A user's have shifted ones. */
  readonly mountMapped: boolean;
  /** The value of lxc.rootfs.path; null: without one, or the seed's. */
  readonly rootfsPath: string | null;
}

const isNetwork = (key: string) => /^t?lxc\.net\./.test(key);

/** Reads the seed configuration. What it includes by a relative path is named by its absolute one: the file moves. */
export function readSeed(file: string): Seed {
  const entries = ConfigDocument.parse(readConfigFile(file).text, file)
    .entries()
    .map(({ key, value }) => ({ key, value: key === 'lxc.include' ? resolve(dirname(file), value) : value }));
  const text = ({ key, value }: { key: string; value: string }) => `${key} = ${value}`;
  const has = (wanted: string) => entries.some(({ key, value }) => key === wanted && value !== '');
  return {
    network: withAddresses(entries.filter(({ key }) => isNetwork(key)).map(text)),
    others: entries.filter(({ key }) => !isNetwork(key)).map(text),
    hasIdmap: has('lxc.idmap'),
    hasRootfs: has('lxc.rootfs.path'),
    hasInclude: has('lxc.include'),
  };
}

/** Each x of a hardware address becomes a random digit; a veth without one gets one, so that its lease stays. */
function withAddresses(lines: readonly string[]): string[] {
  const settled = lines.map((line) => {
    const [, head = '', address = ''] = /^(lxc\.net\.\d+\.hwaddr = )(.*)$/.exec(line) ?? [];
    return head === '' ? line : head + randomHardwareAddress(address);
  });
  return settled.flatMap((line) => {
    const [, index] = /^lxc\.net\.(\d+)\.type = veth$/.exec(line) ?? [];
    const key = `lxc.net.${index}.hwaddr = `;
    if (index === undefined || settled.some((other) => other.startsWith(key))) return [line];
    return [line, key + randomHardwareAddress('10:66:6a:xx:xx:xx')];
  });
}

/** A seed must not say what the template decides. */
export function checkSeed(
  seed: Seed,
  file: string,
  { template, privileged }: { template: string; privileged: boolean },
) {
  const conflict =
    seed.hasRootfs && template !== 'none'
      ? 'sets lxc.rootfs.path, but the root filesystem comes from the template; template none keeps it'
      : privileged && seed.hasIdmap
        ? 'sets lxc.idmap, and a privileged container has none'
        : '';
  if (conflict !== '')
    throw new TlxcError({ code: 'TLXC_E_USAGE', message: `${file} ${conflict}`, path: file });
}

/** The lines that a container's own ids take. */
export function idmapLines({ maps, mountMapped }: Pick<NewConfig, 'maps' | 'mountMapped'>): string[] {
  const lines = maps.map(
    ({ kind, inside, outside, count }) =>
      `lxc.idmap = ${kind === 'uid' ? 'u' : 'g'} ${inside} ${outside} ${count}`,
  );
  return mountMapped ? [...lines, 'lxc.rootfs.options = idmap=container'] : lines;
}

/** Read again by tlxc-info (container/info/image.ts). */
function imageNotes(image: NewConfig['image']): (readonly [label: string, text: string])[] {
  if (image === null) return [];
  const { title, info } = image;
  const more = [
    ['Image origin', originOf(info.source)],
    ['Image signed by', info.signedBy ?? ''],
  ] as const;
  return [['Image', `${title} sha256:${info.id}`], ...more.filter(([, text]) => text !== '')];
}

/** Comment lines at the top: where the container comes from. One line each, whatever the arguments hold. */
export function headerLines({
  template,
  templateArgs,
  image,
}: Pick<NewConfig, 'template' | 'templateArgs' | 'image'>) {
  const printable = (text: string) => JSON.stringify(text).slice(1, -1);
  return [
    `# Template used to create this container: ${printable(template)}`,
    `# Parameters passed to the template: ${printable(templateArgs.join(' '))}`,
    ...imageNotes(image).map(([label, text]) => `# ${label}: ${printable(text)}`),
    '# For additional config options, please look at lxc.container.conf(5)',
  ];
}

/** The text of the configuration file. */
export function newConfigText(config: NewConfig): string {
  const { name, seed, rootfsPath } = config;
  const own = [
    ...idmapLines(config),
    ...(rootfsPath === null ? [] : [`lxc.rootfs.path = ${rootfsPath}`]),
    ...seed.others,
    `lxc.uts.name = ${name}`,
  ];
  const sections = [
    headerLines(config),
    ['# Distribution configuration', ...config.distribution],
    ['# Container specific configuration', ...own],
    ['# Network configuration', ...seed.network],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}
