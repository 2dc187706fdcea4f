/** What an overlay root filesystem has below: directories, and image files that nobody can write. */
import type { SourceLocation } from '../errors.ts';
import { isReadOnly, obstacleToMapping, READ_ONLY_FILESYSTEMS } from '../host/read-only-filesystems.ts';
import { obstacleToDevices } from '../host/user-namespace.ts';
import type { Compilation } from './input.ts';
import type { Layer } from './types.ts';

/** A lower layer of the configuration's. */
export function compileLayer(source: string, at: SourceLocation, compilation: Compilation): Layer {
  const { findings, files, host } = compilation;
  const fstype = files.imageFilesystems?.[source];
  if (fstype === undefined) return { source, fstype: '' };
  const refuse = (why: string): void => findings.refuse(at, `lxc.rootfs.path: ${source} ${why}`);
  const obstacle = obstacleToDevices(host);
  if (!isReadOnly(fstype))
    refuse(
      `${fstype === '' ? 'is a file, and no image' : `holds ${fstype}`}: an overlay lies over directories and over images of ${READ_ONLY_FILESYSTEMS.join(' or ')}`,
    );
  else if (obstacle !== null) refuse(`is an image, which ${obstacle}`);
  return { source, fstype };
}

/** Refuses ids that this kernel does not map for what an image holds. */
export function checkMappedLayers(
  layers: readonly Layer[],
  at: SourceLocation,
  { config, host, findings }: Compilation,
): void {
  if (!(config.rootfs.options?.value ?? []).some((option) => option.startsWith('idmap='))) return;
  for (const { source, fstype } of layers) {
    const why = isReadOnly(fstype) && obstacleToMapping(fstype, host.kernelRelease);
    if (why) findings.refuse(at, `lxc.rootfs.path: ${source}: ${why}`);
  }
}
