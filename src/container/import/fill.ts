/** A container's directory, filled with what an archive holds. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { writeFileAtomically } from '../../config/atomic-write.ts';
import { loadContainerConfig } from '../../config/load.ts';
import type { IdMap } from '../../config/model.ts';
import type { Mapping } from '../../host/mapped.ts';
import { probeHost } from '../../host/probe.ts';
import type { Backend, NewRootfs, Place } from '../../storage/backend.ts';
import { nameCopy } from '../../storage/name-container.ts';
import { CONFIG } from '../export/format.ts';
import type { Seed } from '../create/new-config.ts';
import { passtLines } from '../create/user-network.ts';
import type { ContainerPaths } from '../paths.ts';
import { snapshotStore } from '../snapshots.ts';
import { absentHere } from './absent.ts';
import type { Content } from './content.ts';
import { deviceLines } from './foreign-devices.ts';
import { foreignConfig } from './foreign-config.ts';
import { ownFilesIn } from './look.ts';
import type { ImportRequest } from './request.ts';
import { importedConfig, type ImportedConfig } from './own-config.ts';
import { fillFrom } from './unpack-tree.ts';

export interface Filling {
  readonly request: ImportRequest;
  readonly target: ContainerPaths;
  readonly staging: string;
  readonly archive: string;
  readonly content: Content;
  readonly backend: Backend;
  /** A plain user's ids; null: root's. */
  readonly mapping: Mapping | null;
  readonly maps: readonly IdMap[];
  readonly seed: Seed;
}

export interface Filled {
  /** What the container has not, or has otherwise: sentences. */
  readonly warnings: readonly string[];
}

/** Throws TLXC_E_IMAGE, TLXC_E_CONFIG, TLXC_E_STORAGE. */
export async function fill(filling: Filling): Promise<Filled> {
  const { request, target, staging, content } = filling;
  const prefix = content.kind === 'own' ? 'rootfs' : content.foreign.prefix;
  const rootfs = await unpack(filling, prefix, placeFor(filling, staging, target.dir, target.name));
  const former = content.kind === 'own' ? content.index.name : content.foreign.name;
  const identity = { name: former === target.name ? null : target.name, keepMachineId: request.keepMac };
  await nameCopy({ view: rootfs.view, staging }, identity);
  const { text, leftOut } = configFor(filling, CONFIG, rootfs.path);
  if (content.kind === 'own' && request.trusted) writeOwnFiles(filling);
  writeFileAtomically(join(staging, 'config'), text, { mode: 0o640 });
  const { lxcpath, name } = target;
  const { environment } = request;
  const config = loadContainerConfig({ name, lxcpath, configFile: join(staging, 'config'), environment });
  const ofSnapshots = await fillSnapshots(filling);
  return {
    warnings: [
      // Snapshots mostly say the same once more.
      ...[...new Set([...leftOut, ...ofSnapshots])].map((line) => `not taken over: ${line}`),
      ...otherHost(content),
      ...leftDevices(filling, prefix),
      ...absentHere(config),
    ],
  };
}

const placeFor = ({ request }: Filling, staging: string, final: string, name: string): Place => ({
  ...{ staging, final, name },
  options: request.volume,
  settings: request.system.settings,
  onStage: request.onStage,
});

function unpack(filling: Filling, prefix: string, place: Place): Promise<NewRootfs> {
  const { archive, content, backend, mapping, request } = filling;
  const about = content.kind === 'own' ? [] : content.foreign.excludes;
  const devices = request.privileged;
  const excludes = [...about, ...(devices ? [] : content.look.devices)];
  const anyRatio = content.kind === 'own';
  return fillFrom({ archive, prefix, excludes, devices, anyRatio, mapping }, backend, place);
}

/** The configuration of the container, or of a snapshot of it. */
function configFor(filling: Filling, member: string, rootfsPath: string): ImportedConfig {
  const { content, request, target, maps, mapping } = filling;
  const carriersOf = mapping === null ? () => [] : passtLines;
  const seed = { ...filling.seed, network: [...filling.seed.network, ...carriersOf(filling.seed.network)] };
  const { keepMac } = request;
  const idmapped = !request.privileged;
  const ids = { maps, mountMapped: idmapped && mapping === null };
  const { name } = target;
  if (content.kind === 'foreign') {
    const source = basename(request.source);
    const { foreign } = content;
    const devices = deviceLines(foreign.devices, request.trusted);
    const lines = { foreign, devices, source, name, seed, rootfsPath, idmapped, keepMac, ...ids };
    return { text: foreignConfig(lines), leftOut: [...foreign.leftOut, ...devices.leftOut] };
  }
  const written = content.look.texts.get(member)?.toString('utf8') ?? '';
  const { trusted } = request;
  return importedConfig(written, {
    ...{ index: content.index, dir: target.dir, name, rootfsPath, keepMac, trusted, ...ids },
    bridges: bridgesOf(seed),
    carriersOf,
  });
}

/** TLXC's and LXC's, and what new containers get here. */
const bridgesOf = ({ network }: Seed): readonly string[] => [
  ...['tlxcbr0', 'lxcbr0'],
  ...network.flatMap((line) => /^lxc\.net\.\d+\.link = (\S+)$/.exec(line)?.[1] ?? []),
];

function writeOwnFiles({ content, staging }: Filling): void {
  for (const [name, bytes] of ownFilesIn(content.look))
    writeFileSync(join(staging, name), bytes, { flag: 'wx', mode: 0o755 });
}

/** Returns what was left out of their configurations. */
async function fillSnapshots(filling: Filling): Promise<readonly string[]> {
  const { content, staging, target } = filling;
  if (content.kind !== 'own') return [];
  const left: string[] = [];
  for (const { name } of content.index.snapshots) {
    const there = join(snapshotStore(staging), name);
    const place = placeFor(filling, there, join(snapshotStore(target.dir), name), `${target.name}_${name}`);
    mkdirSync(place.staging, { recursive: true, mode: 0o755 });
    const rootfs = await unpack(filling, `snapshots/${name}/rootfs`, place);
    const { text, leftOut } = configFor(filling, `snapshots/${name}/config`, rootfs.path);
    left.push(...leftOut);
    writeFileAtomically(join(place.staging, 'config'), text, { mode: 0o640 });
    for (const file of ['ts', 'comment']) {
      const bytes = content.look.texts.get(`snapshots/${name}/${file}`);
      if (bytes) writeFileSync(join(place.staging, file), bytes, { mode: 0o644 });
    }
  }
  return left;
}

function otherHost(content: Content): string[] {
  const { machine } = probeHost();
  if (content.kind !== 'own' || content.index.architecture === machine) return [];
  return [`it was on a host that is ${content.index.architecture}; this one is ${machine}`];
}

/** Those of /dev are the host's to give anyway. */
function leftDevices({ request, content }: Filling, prefix: string): string[] {
  const inTree = prefix === '' ? '' : `${prefix}/`;
  const others = content.look.devices
    .filter((name) => name.startsWith(inTree))
    .map((name) => `/${name.slice(inTree.length)}`)
    .filter((name) => !name.startsWith('/dev/'));
  if (request.privileged || others.length === 0) return [];
  return [`device nodes were left out, which an unprivileged container may not have: ${others.join(', ')}`];
}
