/** lxc.hook.clone of a container that gets another name: LXC's rename is a copy, and runs them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../../config/atomic-write.ts';
import { loadContainerConfig } from '../../config/load.ts';
import type { ContainerConfig, SystemConfig } from '../../config/model.ts';
import { readConfigFile } from '../../config/read-file.ts';
import { overAllIds, syncTree } from '../../host/trees.ts';
import { backendNamed } from '../../storage/choose.ts';
import { asWritableTree } from '../../storage/view.ts';
import { volumeAt } from '../../storage/volume-at.ts';
import type { ContainerPaths } from '../paths.ts';
import { discard } from '../remove/discard.ts';
import { stagingPath } from '../remove/leftovers.ts';
import { runHostHooks } from '../start/host-hooks.ts';
import { hooksLyingAt } from './hooks-lying-at.ts';
import { finishRename, pendingConfig } from './pending-rename.ts';
import type { Environment } from '../../environment.ts';

interface Renaming {
  readonly source: ContainerPaths;
  readonly target: ContainerPaths;
  readonly config: ContainerConfig;
  /** The configuration under the new name. */
  readonly text: string;
  readonly system: SystemConfig;
  readonly environment: Environment;
}

/**
 * The configuration under the new name as the hooks leave it. While they run all lies where it has always been, and the new
 * configuration beside the old one. The caller holds the locks of both names. Throws TLXC_E_HOOK; nothing is changed then but
 * what the hooks did.
 */
export async function afterCloneHooks(renaming: Renaming): Promise<string> {
  const { source, target, config, text, system } = renaming;
  if (!config.hooks.some(({ value }) => value.hook === 'clone')) return text;
  const pending = pendingConfig(source.dir, target.name);
  const staging = stagingPath(target.lxcpath, target.name);
  try {
    writeFileAtomically(pending, text, { mode: 0o640 });
    await runHooks(renaming, pending, staging);
    await syncTree(source.dir);
    return readConfigFile(pending).text;
  } finally {
    await discard(staging, system);
    finishRename(source, system);
  }
}

async function runHooks(renaming: Renaming, pending: string, staging: string): Promise<void> {
  const { source, target, config, environment } = renaming;
  const { name, lxcpath } = target;
  const renamed = loadContainerConfig({ name, lxcpath, configFile: pending, environment });
  const mounted = join(staging, 'rootfs');
  mkdirSync(mounted, { recursive: true, mode: 0o700 });
  const { words, layers } = await treeOf(renaming, mounted);
  await runHostHooks(
    {
      hook: 'clone',
      config: hooksLyingAt(renamed, { from: target.dir, to: source.dir, before: config }),
      configFile: pending,
      environment: {
        LXC_SRC_NAME: source.name,
        LXC_ROOTFS_MOUNT: layers[0] ?? mounted,
        LXC_ROOTFS_PATH: config.rootfs.path?.value ?? '',
      },
      within: layers.length === 0 ? [] : overAllIds(words),
    },
    environment,
  );
}

/** Its root filesystem, to be written; mounted below `mounted` where it must be. */
async function treeOf({ config, source, system }: Renaming, mounted: string) {
  const written = config.rootfs.path?.value ?? 'none';
  const { type, path } = volumeAt(written);
  const backend = backendNamed(type);
  if (written === 'none' || !backend) return { words: [], layers: [] };
  await backend.attach?.(path, system.settings);
  let count = 0;
  const mountPoint = (): string => {
    const place = join(mounted, '..', `view${count++}`);
    mkdirSync(place, { recursive: true, mode: 0o700 });
    return place;
  };
  return asWritableTree(backend.view(path, mountPoint), source.dir, mounted);
}
