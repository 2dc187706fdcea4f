/**
 * A container that is destroyed by another configuration file than its own (tlxc-destroy --rcfile): whoever gives the wrong one
 * loses nothing but a container, and no other container's volume.
 */
import { existsSync } from 'node:fs';
import { ConfigDocument } from '../../config/document.ts';
import type { ContainerConfig } from '../../config/model.ts';
import { readConfigFile } from '../../config/read-file.ts';
import { TlxcError } from '../../errors.ts';
import { backendNamed } from '../../storage/choose.ts';
import { volumeOf } from '../../storage/outside.ts';
import { parseVolume, partsOf } from '../../storage/volume.ts';
import type { ContainerPaths } from '../paths.ts';

/** Values of the container's own file, as they are written: whatever else may be wrong with it. None of one that cannot be read. */
function ownValues({ config }: ContainerPaths, wanted: string): readonly string[] {
  if (!existsSync(config)) return [];
  try {
    const entries = ConfigDocument.parse(readConfigFile(config).text, config).entries();
    return entries.filter(({ key }) => key === wanted).map(({ value }) => value);
  } catch (error) {
    if (error instanceof TlxcError) return [];
    throw error;
  }
}

/** The first ids outside that its own file has. */
export const ownFirstIds = (paths: ContainerPaths): readonly number[] =>
  ownValues(paths, 'lxc.idmap')
    .map((value) => Number(value.trim().split(/\s+/)[2]))
    .filter(Number.isSafeInteger);

/** Throws TLXC_E_NOT_FOUND where the directory is no container's, TLXC_E_BUSY where the volume may be another's. */
export function refuseOthers(
  paths: ContainerPaths,
  { rootfs }: ContainerConfig,
  configFile: string,
  warn: (text: string) => void,
): void {
  const { dir, name: container } = paths;
  const written = rootfs.path?.value ?? 'none';
  const noted = volumeOf(dir)?.path;
  if (!existsSync(paths.config) && noted === undefined) {
    const within = partsOf(written).some((path) => path.startsWith(`${dir}/`) && existsSync(path));
    if (!within)
      throw new TlxcError({
        code: 'TLXC_E_NOT_FOUND',
        message: `${dir} is no container's: it has no config, nor the root filesystem that ${configFile} names`,
        ...{ container, path: dir },
        hint: 'remove it by hand, if it is to go',
      });
    warn(
      `${dir} has no config of its own: all of it goes, for it has the root filesystem that ${configFile} names`,
    );
  }
  const isOutside = backendNamed(parseVolume(written).type)?.outside !== undefined;
  if (!isOutside || written === noted || ownValues(paths, 'lxc.rootfs.path').includes(written)) return;
  throw new TlxcError({
    code: 'TLXC_E_BUSY',
    message: `${configFile} names the volume ${written}, which nothing says is of ${container}`,
    ...{ container, path: configFile },
    hint: "it may be another container's: give a file without it, and remove it with the tools that made it",
  });
}
