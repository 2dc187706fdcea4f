/** What will hold a new container's root filesystem: what -B and its options ask for, or the setting tlxc.bdev. */
import { TlxcError } from '../../errors.ts';
import { probeHost } from '../../host/probe.ts';
import type { Backend } from '../../storage/backend.ts';
import { chooseBackend } from '../../storage/choose.ts';
import type { CreateRequest } from './making.ts';

/** Without a root filesystem there is no choice of storage. */
export function refuseStorage({ backend, template, name, volume = {} }: CreateRequest): void {
  const [option] = Object.keys(volume);
  if (template !== 'none' || (backend ?? option) === undefined) return;
  if (option === undefined && ['dir', 'none', 'best'].includes(backend ?? 'dir')) return;
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `${option === undefined ? `-B ${backend}` : `--${option}`} cannot be used with -t ${template}`,
    container: name,
    hint: 'there is no root filesystem to store',
  });
}

/** null: the directory that a program fills, or none. */
export async function storageOf(request: CreateRequest, idmapped: boolean): Promise<Backend | null> {
  const { template, backend, volume = {}, name } = request;
  if (makesImage(template)) return backendOf(request, idmapped);
  const isPlain = ['dir', 'none', 'best'].includes(backend ?? 'dir') && Object.keys(volume).length === 0;
  if (template === 'none' || isPlain) return null;
  const chosen = await backendOf(
    { ...request, backend: backend === 'best' ? 'dir' : (backend ?? 'dir') },
    idmapped,
  );
  if (chosen.name !== 'overlay' && chosen.packs === undefined) return chosen;
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `backing store ${backend} cannot be used with template ${template}, which makes no image`,
    container: name,
    hint: 'take dir, btrfs or loop (-B); of such a container tlxc-image build --container makes an image that others lie over',
  });
}

/** A template of TLXC's own, and neither a program nor none. */
export const makesImage = (template: string): boolean => template !== 'none' && !template.startsWith('/');

async function backendOf(
  { backend, lxcpath, system, volume = {} }: CreateRequest,
  idmapped: boolean,
): Promise<Backend> {
  const asked = backend ?? system.settings['tlxc.bdev'] ?? null;
  const { settings } = system;
  const choice = { asked, options: volume, settings, idmapped, lxcpath, host: probeHost() };
  try {
    return await chooseBackend(choice);
  } catch (error) {
    if (backend !== undefined || asked === 'best' || !(error instanceof TlxcError)) throw error;
    const hint = `tlxc.bdev = ${asked} in tlxc.conf asks for it; another can be asked for (-B), and so does a list there: ${asked},best`;
    throw new TlxcError({ ...error.details, hint });
  }
}
