/** tlxc-image list, info, verify: what is stored, and what servers offer. */
import { imageStatuses, verifyImage, type ImagePlace, type ImageStatus } from '../container/image/images.ts';
import { refuseOffline } from '../container/image/pull.ts';
import { catalogueOf, firstServer } from '../image/fetch-image.ts';
import { findStored } from '../image/find-stored.ts';
import { matches, type Product } from '../image/product.ts';
import type { ImageStore, StoredImage } from '../image/store.ts';
import { imageName, namesOf } from '../image/stored-image.ts';
import type { Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { placeOf, quietly, serversOf, storedJson, storeOf, text, type Run } from './image-common.ts';
import {
  byName,
  imageBlock,
  imageJson,
  imageTable,
  shortDigest,
  table,
  verdictLines,
} from './image-table.ts';
import { jsonText, printable } from './printable.ts';
import { whileShown } from './progress.ts';
import { warner } from './tell.ts';

function statusOf(store: ImageStore, place: ImagePlace, image: StoredImage): ImageStatus {
  const status = imageStatuses(store, place).find((each) => each.image.info.id === image.info.id);
  return status ?? { image, users: [], expired: false };
}

export const list: Run = async (invocation, context, [dist = '']) => {
  if (invocation.options['remote'] === true) return listRemote(invocation, context, dist);
  const place = placeOf(invocation, context);
  const store = storeOf(invocation, context);
  const wanted = imageStatuses(store, place)
    .filter(({ image }) => dist === '' || isOf(image, dist))
    .sort(byName);
  const { stdout } = context;
  const warn = warner(invocation, context);
  if (invocation.options['json']) stdout.write(jsonText(wanted.map(imageJson)));
  else if (wanted.length > 0) stdout.write(imageTable(wanted, invocation.lxcpath));
  // A program that reads this gets nothing, as before.
  else if (stdout.isTTY === true)
    stdout.write(`No image is stored${dist === '' ? '' : ` of ${printable(dist)}`}\n`);
  for (const id of store.damaged()) warn(`${shortDigest(id)} is damaged: its image.json cannot be read`);
  return 0;
};

const isOf = ({ info }: StoredImage, dist: string): boolean =>
  namesOf(info.source)?.dist === dist || imageName(info).startsWith(dist);

async function listRemote(invocation: Invocation, context: CommandContext, dist: string): Promise<number> {
  refuseOffline(invocation.system);
  const { onEvent, done } = quietly(invocation, context);
  const asked = { onEvent, environment: context.env, ca: invocation.system.imageCa };
  const products = await firstServer(serversOf(invocation), onEvent, (server) => catalogueOf(server, asked));
  done();
  const variant = text(invocation.options['variant']);
  const wanted = products.filter((product) => matches(product, { dist, release: '', arch: '', variant }));
  const rows = wanted.map((product) => remoteRow(product)).sort();
  if (invocation.options['json']) {
    const named = wanted.map(({ releaseAliases, ...product }) => ({ ...product, releaseAliases }));
    context.stdout.write(jsonText(named.map(({ directory: _, rootfs: __, ...shown }) => shown)));
  } else {
    const header = ['DIST', 'RELEASE', 'ARCH', 'VARIANT', 'BUILD', 'ALSO CALLED'];
    context.stdout.write(table([header, ...rows.map((row) => row.map(printable))]));
  }
  return 0;
}

const remoteRow = ({ dist, release, arch, variant, build, releaseAliases }: Product): string[] => [
  ...[dist, release, arch, variant, build],
  releaseAliases.join(', '),
];

export const info: Run = (invocation, context, [word = '']) => {
  const place = placeOf(invocation, context);
  const store = storeOf(invocation, context);
  const status = statusOf(store, place, findStored(store, word));
  context.stdout.write(
    invocation.options['json'] ? jsonText(imageJson(status)) : imageBlock(status, invocation.lxcpath),
  );
  return Promise.resolve(0);
};

export const verify: Run = async (invocation, context, words) => {
  const store = storeOf(invocation, context);
  const images = words.length > 0 ? words.map((word) => findStored(store, word)) : store.list();
  const unreadable = words.length > 0 ? [] : store.damaged();
  const json = invocation.options['json'] === true;
  const verdicts = [];
  for (const image of images) {
    const doing = `verifying ${imageName(image.info)}`;
    const verdict = await whileShown(invocation, context, doing, () => verifyImage(store, image));
    verdicts.push({ ...storedJson(image), verdict });
    for (const line of json ? [] : verdictLines(image, verdict)) context.stdout.write(`${line}\n`);
  }
  if (json) context.stdout.write(jsonText({ images: verdicts, unreadable }));
  else
    for (const id of unreadable)
      context.stdout.write(`${shortDigest(id)}: damaged, its image.json cannot be read\n`);
  return unreadable.length === 0 && verdicts.every(({ verdict }) => verdict.kind === 'sound') ? 0 : 1;
};
