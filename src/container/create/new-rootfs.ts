/** The root filesystem of a new container, from an image of the store. */
import { TlxcError } from '../../errors.ts';
import { referenceLayers } from '../../image/reference-layers.ts';
import { asEvents } from '../../image/progress.ts';
import type { ImageStore, StoredImage } from '../../image/store.ts';
import type { TemplateResult } from '../../image/templates/template.ts';
import type { Backend } from '../../storage/backend.ts';
import { nameContainer } from '../../storage/name-container.ts';
import { plainView, type View } from '../../storage/view.ts';
import type { Application } from '../start/application.ts';
import type { Making } from './making.ts';

export type PreparedImage = Extract<TemplateResult, { kind: 'image' }>;

/** Makes it; returns the value of lxc.rootfs.path. Throws TLXC_E_IMAGE, TLXC_E_STORAGE. */
export async function makeRootfs(
  making: Making,
  prepared: PreparedImage,
  { backend, files }: Pick<Application, 'files'> & { readonly backend: Backend },
): Promise<string> {
  const { request, paths, staging, store, idmapped } = making;
  const { info } = prepared.image;
  refuseDevices(info.devices, idmapped, prepared.title);
  if (!store.reference(info.id, { staging, config: paths.config }, { syncedWith: staging })) {
    throw new TlxcError({
      code: 'TLXC_E_IMAGE',
      message: `image ${prepared.title} was removed meanwhile`,
      hint: 'try again',
    });
  }
  const lowers = info.layers?.paths ?? [];
  referenceLayers(request.system.cacheDir, lowers, { staging, config: paths.config });
  const made = await backend.create(
    {
      staging,
      final: paths.dir,
      name: request.name,
      options: request.volume ?? {},
      settings: request.system.settings,
      onStage: asEvents(making.onEvent),
    },
    imageView(store, prepared.image),
  );
  const { templates } = prepared.metadata;
  const { name, cloudInit } = request;
  await nameContainer({ view: made.view, staging }, { name, templates, files, cloudInit });
  return made.path;
}

/** One that is packed, or has several layers, is mounted, and lies below as what it is. */
function imageView(store: ImageStore, { info, rootfs }: StoredImage): View {
  const { words = [], root = rootfs } = store.tree(info.id);
  const lowers = info.layers?.paths ?? [rootfs];
  return info.packed || info.layers ? { words, layers: [root], lowers } : plainView(rootfs);
}

function refuseDevices(devices: readonly string[], idmapped: boolean, title: string): void {
  const [device] = devices;
  if (device === undefined || !idmapped) return;
  throw new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `image ${title} has the device node ${device}, which an unprivileged container may not have`,
    hint: 'only for a privileged container (--privileged) can such an image be used, if you trust it',
  });
}
