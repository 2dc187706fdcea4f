/**
 * squashfs and erofs: an overlay whose lower layer is an image of the store in one compressed file, mounted read-only when the
 * container starts. For new containers; what comes after is an overlay's.
 */
import { TlxcError } from '../errors.ts';
import { obstacleToMapping, type ReadOnlyFilesystem } from '../host/read-only-filesystems.ts';
import { obstacleToPacking } from '../host/packers.ts';
import { obstacleToDevices } from '../host/user-namespace.ts';
import type { Backend, Circumstances, Place, VolumeOptions } from './backend.ts';
import { overlayBackend } from './overlay.ts';
import type { View } from './view.ts';

function obstacle(
  type: ReadOnlyFilesystem,
  circumstances: Circumstances,
  options: VolumeOptions,
): Promise<string | null> {
  const { host, idmapped } = circumstances;
  const devices = obstacleToDevices(host);
  if (devices !== null) return Promise.resolve(devices);
  const missing = obstacleToPacking(type);
  if (missing !== null) return Promise.resolve(`cannot be used: ${missing}`);
  const unmapped = idmapped ? obstacleToMapping(type, host.kernelRelease) : undefined;
  if (unmapped !== undefined) return Promise.resolve(`cannot be used unprivileged: ${unmapped}`);
  return overlayBackend.obstacle(circumstances, options);
}

const packedBackend = (type: ReadOnlyFilesystem): Backend => ({
  ...overlayBackend,
  name: type,
  packs: type,
  obstacle: (circumstances, options) => obstacle(type, circumstances, options),
  create(place: Place, tree: View) {
    if (tree.lowers !== undefined) return overlayBackend.create(place, tree);
    throw new TlxcError({
      code: 'TLXC_E_UNSUPPORTED',
      message: `backing store ${type} is for new containers from an image of the store`,
      hint: `make one: tlxc-image build --pack=${type} --container=NAME; then tlxc-create -t local -- -i IMAGE. Or copy with -s`,
    });
  },
});

export const squashfsBackend = packedBackend('squashfs');
export const erofsBackend = packedBackend('erofs');
