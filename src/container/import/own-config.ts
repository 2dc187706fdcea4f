/** The configuration that came in an export, as this host can have it. What lets a container reach into the host is judged. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { ConfigDocument } from '../../config/document.ts';
import type { IdMap } from '../../config/model.ts';
import { find } from '../../config/registry.ts';
import { SHIPPED_CONFIG } from '../../config/shipped.ts';
import { packageRoot } from '../../package-root.ts';
import { copiedConfig } from '../copy/config.ts';
import { idmapLines } from '../create/new-config.ts';
import type { Index } from '../export/format.ts';
import { isHarmlessProfile, isPlainMountOption, whyUntrusted, type Receiver } from './untrusted-lines.ts';

export interface Identity {
  readonly index: Index;
  readonly dir: string;
  readonly name: string;
  readonly rootfsPath: string;
  /** The ids of its own; [] for a privileged container. */
  readonly maps: readonly IdMap[];
  /** By mounting: its files have unshifted owners. */
  readonly mountMapped: boolean;
  readonly keepMac: boolean;
  /** What reaches into the host is kept. */
  readonly trusted: boolean;
  /** Those that every container of this host may be on. */
  readonly bridges: readonly string[];
  /** Further lines for a network of these lines ("KEY = VALUE", comments): what carries its traffic here. */
  readonly carriersOf: (network: readonly string[]) => readonly string[];
}

interface Judged {
  readonly trusted: boolean;
  readonly receiver: Receiver;
}

export interface ImportedConfig {
  readonly text: string;
  /** Lines that were left out, each with the reason. */
  readonly leftOut: readonly string[];
}

function whyNot(key: string, value: string, judged: Judged): string {
  if (value === '' && judged.trusted) return '';
  if (find(key).kind === 'refused') return 'it is not a known key';
  if (key === 'lxc.include') return whyNotIncluded(value, judged);
  return judged.trusted ? '' : whyUntrusted(key, value, judged.receiver);
}

const SHIPPED = new RegExp(
  `^(${SHIPPED_CONFIG}|/usr/share/lxc/config)/([a-z0-9][a-z0-9.-]*\\.conf(?:\\.d/?)?)$`,
);

const isShipped = (value: string): boolean => {
  const [, , name = ''] = SHIPPED.exec(value) ?? [];
  return name !== '' && existsSync(`${packageRoot}/config/${name}`);
};

/** What else than TLXC and LXC ship a host has under the same path is another thing. */
function whyNotIncluded(value: string, { trusted, receiver }: Judged): string {
  if (isShipped(value))
    return trusted || isHarmlessProfile(value, receiver) ? '' : 'it allows what reaches into the host';
  if (!existsSync(value)) return 'there is no such file here';
  return trusted ? '' : 'it is a file of the host';
}

const isProfileOf = (value: string, kind: 'userns' | 'common'): boolean =>
  new RegExp(`(^|\\.)${kind}\\.conf$`).test(basename(value));

/**
 * A container that has ids of its own is included the profile for those, another one not. Where LXC's profiles lie, they
 * stay those of who is trusted: they forbid less.
 */
function adjustIncludes(document: ConfigDocument, unprivileged: boolean, trusted: boolean): void {
  const includes = document.values('lxc.include');
  for (const value of includes) {
    const isOurs = isShipped(value) && !(trusted && existsSync(value));
    const known = isOurs ? `${SHIPPED_CONFIG}/${basename(value)}` : value;
    if (!unprivileged && isProfileOf(value, 'userns')) document.remove('lxc.include', value);
    else if (known !== value) document.replace('lxc.include', value, known);
  }
  if (unprivileged && !includes.some((value) => isProfileOf(value, 'userns')))
    document.append('lxc.include', `${SHIPPED_CONFIG}/userns.conf`);
}

/** A configuration that names no profile has one all the same, and first: it is the host that is kept from the container. */
function withCommon(written: string): ConfigDocument {
  const document = ConfigDocument.parse(written, 'config');
  if (document.values('lxc.include').some((value) => isShipped(value) && isProfileOf(value, 'common')))
    return document;
  return ConfigDocument.parse(`lxc.include = ${SHIPPED_CONFIG}/common.conf\n${written}`, 'config');
}

function withoutIdmap(document: ConfigDocument): void {
  document.remove('lxc.idmap');
  const options = document.values('lxc.rootfs.options').flatMap((value) => value.split(','));
  document.remove('lxc.rootfs.options');
  const others = options.filter((option) => option !== '' && !option.startsWith('idmap='));
  if (others.length > 0) document.append('lxc.rootfs.options', others.join(','));
}

function leaveOut(document: ConfigDocument, judged: Judged): string[] {
  return document.entries().flatMap(({ key, value }) => {
    const why = whyNot(key, value, judged);
    if (why === '') return [];
    document.remove(key, value);
    document.comment(`not imported: ${key} = ${value}`);
    return [`${key} = ${value}: ${why}`];
  });
}

/** Of the root filesystem's options only plain flags: others are for the kernel that mounts an image. */
function leaveOutOptions(document: ConfigDocument): string[] {
  const options = document.values('lxc.rootfs.options').flatMap((value) => value.split(','));
  const [plain, others] = [true, false].map((is) =>
    options.filter((word) => isPlainMountOption(word) === is),
  );
  document.remove('lxc.rootfs.options');
  if (plain && plain.length > 0) document.append('lxc.rootfs.options', plain.join(','));
  return (others ?? []).map((word) => `lxc.rootfs.options = ${word}: it may reach into the host`);
}

/** What a container prints fills no disk of the host's. */
function boundConsoleLog(document: ConfigDocument): void {
  const last = (key: string): string => document.values(key).at(-1) ?? '';
  if (last('lxc.console.logfile') !== '' && last('lxc.console.size') === '')
    document.append('lxc.console.size', 'auto');
}

/** Interfaces of the host's, or parts of them, become none: each with its reason. */
function withoutHostNetwork(document: ConfigDocument): string[] {
  // 0 and 00 are the same one.
  const indexOf = (key: string): number => Number(/^t?lxc\.net\.(\d+)(\.|$)/.exec(key)?.[1] ?? NaN);
  const hosts = document
    .entries()
    .filter(({ key, value }) => /^lxc\.net\.\d+\.type$/.test(key) && !['', 'veth', 'empty'].includes(value));
  for (const index of new Set(hosts.map(({ key }) => indexOf(key)))) {
    for (const { key } of document.entries()) if (indexOf(key) === index) document.remove(key);
    document.append(`lxc.net.${index}.type`, 'empty');
  }
  return hosts.map(({ key, value }) => `${key} = ${value}: it is the host's network, and is now empty`);
}

/** Says nothing of this host. */
function withoutCarrier(document: ConfigDocument): void {
  for (const { key } of document.entries()) if (/^tlxc\.net\.\d+\.type$/.test(key)) document.remove(key);
}

function addCarriers(document: ConfigDocument, carriersOf: Identity['carriersOf']): void {
  for (const line of carriersOf(document.entries().map(({ key, value }) => `${key} = ${value}`))) {
    const [key = '', value = ''] = line.split(' = ');
    if (line.startsWith('# ')) document.comment(line.slice(2));
    else document.append(key, value);
  }
}

/** Pure but for a look at which shipped files there are. */
export function importedConfig(written: string, identity: Identity): ImportedConfig {
  const { index, dir, name, rootfsPath, maps, mountMapped, keepMac, trusted, bridges, carriersOf } = identity;
  const document = trusted ? ConfigDocument.parse(written, 'config') : withCommon(written);
  const idmapped = maps.length > 0 || mountMapped;
  withoutIdmap(document);
  withoutCarrier(document);
  const options = trusted ? [] : [...leaveOutOptions(document), ...withoutHostNetwork(document)];
  const receiver = { idmapped, formerDir: index.directory, bridges };
  const leftOut = [...options, ...leaveOut(document, { trusted, receiver })];
  addCarriers(document, carriersOf);
  if (!trusted) boundConsoleLog(document);
  adjustIncludes(document, maps.length > 0, trusted);
  if (mountMapped) {
    const others = document.values('lxc.rootfs.options');
    document.set('lxc.rootfs.options', [...others, 'idmap=container'].join(','));
  }
  const renamed = document.values('lxc.uts.name').includes(index.name);
  const text = copiedConfig({
    ...{ text: document.toString(), file: 'config', sourceDir: index.directory, dir },
    ...{ name: renamed ? name : null, rootfsPath, firstId: null, keepMac },
    lines: idmapLines({ maps, mountMapped: false }).map((line) => {
      const [key = '', value = ''] = line.split(' = ');
      return [key, value] as const;
    }),
  });
  return { text, leftOut };
}
