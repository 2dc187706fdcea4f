/** The configuration that came in an export, as this host can have it. What lets a container reach into the host is judged. */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { ConfigDocument } from '../../config/document.ts';
import type { IdMap } from '../../config/model.ts';
import { find } from '../../config/registry.ts';
import { SHIPPED_CONFIG } from '../../image/metadata.ts';
import { packageRoot } from '../../package-root.ts';
import { copiedConfig } from '../copy-config.ts';
import { idmapLines } from '../new-config.ts';
import type { Index } from '../export-format.ts';

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
}

export interface ImportedConfig {
  readonly text: string;
  /** Lines that were left out, each with the reason. */
  readonly leftOut: readonly string[];
}

/** Runs programs of the host, writes its files, or shows them to the container. */
const REACHES =
  /^lxc\.(hook\.(?!version)|net\.\d+\.script\.|log\.file$|console\.(logfile|path)$|mount\.fstab$|rootfs\.mount$|namespace\.share\.|monitor\.signal|init\.groups$)/;

function whyNot(key: string, value: string, trusted: boolean): string {
  if (find(key).kind === 'refused') return 'it is not a known key';
  if (key === 'lxc.include') return whyNotIncluded(value, trusted);
  if (trusted) return '';
  if (REACHES.test(key)) return 'it reaches into the host';
  if (key === 'lxc.mount.entry' && value.startsWith('/')) return 'it is a directory of the host';
  return '';
}

const SHIPPED = new RegExp(
  `^(${SHIPPED_CONFIG}|/usr/share/lxc/config)/([a-z0-9][a-z0-9.-]*\\.conf(?:\\.d/?)?)$`,
);

const isShipped = (value: string): boolean => {
  const [, , name = ''] = SHIPPED.exec(value) ?? [];
  return name !== '' && existsSync(`${packageRoot}/config/${name}`);
};

/** What else than TLXC and LXC ship a host has under the same path is another thing. */
function whyNotIncluded(value: string, trusted: boolean): string {
  if (!trusted && basename(value) === 'privileged.conf') return 'it allows what reaches into the host';
  if (isShipped(value)) return '';
  if (!existsSync(value)) return 'there is no such file here';
  return trusted || SHIPPED.test(value) ? '' : 'it is a file of the host';
}

const isProfileOf = (value: string, kind: 'userns' | 'common'): boolean =>
  new RegExp(`(^|\\.)${kind}\\.conf$`).test(basename(value));

/** A container that has ids of its own is included the profile for those, another one not. */
function adjustIncludes(document: ConfigDocument, unprivileged: boolean): void {
  const includes = document.values('lxc.include');
  for (const value of includes) {
    const known = isShipped(value) && !existsSync(value) ? `${SHIPPED_CONFIG}/${basename(value)}` : value;
    if (!unprivileged && isProfileOf(value, 'userns')) document.remove('lxc.include', value);
    else if (known !== value) document.replace('lxc.include', value, known);
  }
  if (unprivileged && !includes.some((value) => isProfileOf(value, 'userns')))
    document.append('lxc.include', `${SHIPPED_CONFIG}/userns.conf`);
}

function withoutIdmap(document: ConfigDocument): void {
  document.remove('lxc.idmap');
  const options = document.values('lxc.rootfs.options').flatMap((value) => value.split(','));
  document.remove('lxc.rootfs.options');
  const others = options.filter((option) => option !== '' && !option.startsWith('idmap='));
  if (others.length > 0) document.append('lxc.rootfs.options', others.join(','));
}

function leaveOut(document: ConfigDocument, trusted: boolean): string[] {
  return document.entries().flatMap(({ key, value }) => {
    const why = value === '' ? '' : whyNot(key, value, trusted);
    if (why === '') return [];
    document.remove(key, value);
    document.comment(`not imported: ${key} = ${value}`);
    return [`${key} = ${value}: ${why}`];
  });
}

/** Interfaces of the host's, or all of them, become none: each with its reason. */
function withoutHostNetwork(document: ConfigDocument): string[] {
  return document.entries().flatMap(({ key, value }) => {
    const [, index] = /^lxc\.net\.(\d+)\.type$/.exec(key) ?? [];
    if (index === undefined || !['none', 'phys'].includes(value)) return [];
    const others = new RegExp(`^t?lxc\\.net\\.${index}\\.(?!type$)`);
    for (const each of document.entries()) if (others.test(each.key)) document.remove(each.key);
    document.set(key, 'empty');
    return [`${key} = ${value}: it is the host's network, and is now empty`];
  });
}

/** Pure but for a look at which shipped files there are. */
export function importedConfig(written: string, identity: Identity): ImportedConfig {
  const { index, dir, name, rootfsPath, maps, mountMapped, keepMac, trusted } = identity;
  const document = ConfigDocument.parse(written, 'config');
  withoutIdmap(document);
  const leftOut = [...leaveOut(document, trusted), ...(trusted ? [] : withoutHostNetwork(document))];
  adjustIncludes(document, maps.length > 0);
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
