/** How tlxc-image shows images: a table, a block of lines, JSON. Pure. */
import { shownContainer, type ImageStatus, type Verdict } from '../container/image/images.ts';
import type { LayerRecord } from '../image/layered-image.ts';
import type { ImageInfo } from '../image/store.ts';
import { imageName, isSigned, namesOf, originOf } from '../image/stored-image.ts';
import { columns, printable } from './printable.ts';

const DIGEST_SHOWN = 12;

export const shortDigest = (id: string): string => id.slice(0, DIGEST_SHOWN);

/** 265.1 MiB */
export function mebibytes(bytes: number): string {
  const units = ['KiB', 'MiB', 'GiB'];
  let [value, unit] = [bytes / 1024, 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

const day = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10);

/** What a server says is signed, or not; nothing else can be. */
const signedOf = (info: ImageInfo): string =>
  info.source.kind === 'download' ? (isSigned(info) ? 'yes' : 'no') : '-';

const buildOf = (info: ImageInfo): string => namesOf(info.source)?.build || day(info.createdAt);

/** "never" without a date; an asterisk after one that is past. */
function expiryOf({ image, expired }: ImageStatus): string {
  const { expiry } = image.info.metadata;
  return expiry === 0 ? 'never' : `${day(expiry * 1000)}${expired ? ' *' : ''}`;
}

/** What it takes on disk. */
export const bytesOf = ({ tree, packed, layers }: ImageInfo): number | null =>
  packed?.bytes ?? layers?.bytes ?? tree?.bytes ?? null;

/** "102 MiB", of one that is packed "33 MiB squashfs". */
function sizeOf(info: ImageInfo): string {
  const bytes = bytesOf(info);
  const size = bytes === null ? '-' : mebibytes(bytes);
  return info.packed ? `${size} ${info.packed.type}` : size;
}

const layersOf = ({ paths }: LayerRecord): string =>
  paths.length === 1 ? '1 layer' : `${paths.length} layers`;

function sizeLine(info: ImageInfo): string {
  const { tree, layers, packed } = info;
  const members = (tree ?? layers)?.members;
  if (members !== undefined)
    return `${sizeOf(info)}, ${members} members${layers ? `, ${layersOf(layers)}` : ''}`;
  return packed ? sizeOf(info) : '';
}

const sortKey = ({ image: { info } }: ImageStatus): string => `${imageName(info)}\0${buildOf(info)}`;

/** Builds of one name oldest first. */
export const byName = (a: ImageStatus, b: ImageStatus): number => (sortKey(a) < sortKey(b) ? -1 : 1);

/** Columns as wide as they need to be; one line an image. */
export function imageTable(statuses: readonly ImageStatus[], lxcpath: string): string {
  const header = ['NAME', 'BUILD', 'IMAGE', 'SIZE', 'EXPIRES', 'SIGNED', 'USED BY', 'ORIGIN'];
  const rows = statuses.map((status) => {
    const { info } = status.image;
    const users = status.users.map((dir) => shownContainer(dir, lxcpath)).join(', ');
    return [
      ...[imageName(info), buildOf(info), shortDigest(info.id), sizeOf(info)],
      ...[expiryOf(status), signedOf(info), users || '-', originOf(info.source)],
    ].map(printable);
  });
  return table([header, ...rows]);
}

export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => columns(row[at] ?? ''))));
  const pad = (cell: string, at: number) => cell + ' '.repeat(Math.max(0, (widths[at] ?? 0) - columns(cell)));
  return rows.map((row) => `${row.map(pad).join('  ').trimEnd()}\n`).join('');
}

/** Aligned as tlxc-info's output is. */
export function imageBlock(status: ImageStatus, lxcpath: string): string {
  const { info, rootfs } = status.image;
  const names = namesOf(info.source);
  const rows: readonly (readonly [string, string])[] = [
    ['Name', imageName(info)],
    ['Image', info.id],
    ['Origin', originOf(info.source)],
    ['Signed by', signedOf(info) === 'no' ? 'not checked' : (info.signedBy ?? '')],
    ...(names
      ? ([
          ['Distribution', [names.dist, names.release].filter(Boolean).join(' ')],
          ['Architecture', names.arch],
          ['Variant', names.variant],
          ['Build', names.build],
        ] as const)
      : []),
    ['Stored', new Date(info.createdAt).toISOString()],
    ['Expires', expiryOf(status).replace(' *', ' (it has)')],
    ['Size', sizeLine(info)],
    ['Devices', info.devices.join(' ')],
    ['Root', rootfs],
    ...(status.users.length === 0 ? [['Used by', 'none'] as const] : []),
    ...status.users.map((dir) => ['Used by', shownContainer(dir, lxcpath)] as const),
  ];
  return rows
    .filter(([, value]) => value !== '')
    .map(([label, value]) => `${`${label}:`.padEnd(16)}${printable(value)}\n`)
    .join('');
}

const UNNAMED = { dist: null, release: null, arch: null, variant: null, build: null };

/** For --json. */
export function imageJson({ image, users, expired }: ImageStatus) {
  const { info, rootfs } = image;
  const { dist, release, arch, variant, build } = namesOf(info.source) ?? UNNAMED;
  const { expiry } = info.metadata;
  const members = info.tree?.members ?? info.layers?.members ?? null;
  return {
    ...{ name: imageName(info), sha256: info.id, kind: info.source.kind, origin: originOf(info.source) },
    signedBy: info.signedBy || null,
    ...{ dist, release, arch, variant, build },
    created: new Date(info.createdAt).toISOString(),
    expires: expiry === 0 ? null : new Date(expiry * 1000).toISOString(),
    ...{ expired, size: bytesOf(info), packed: info.packed?.type ?? null, members, rootfs, users },
  };
}

const SHOWN = 20;

/** One line, and one for each damaged member, the first of them. */
export function verdictLines({ info }: { readonly info: ImageInfo }, verdict: Verdict): string[] {
  const title = `${printable(imageName(info))} ${shortDigest(info.id)}`;
  if (verdict.kind === 'sound') {
    const { members } = verdict;
    const what = members === null ? 'its file is as it was' : `${members} members as they were`;
    return [`${title}: sound, ${what} stored`];
  }
  if (verdict.kind === 'unknown') return [`${title}: cannot be verified: ${verdict.why}`];
  const { damage } = verdict;
  const more = damage.length > SHOWN ? [`  and ${damage.length - SHOWN} more`] : [];
  const lines = damage.slice(0, SHOWN).map(({ path, what }) => `  ${printable(path)}: ${what}`);
  return [`${title}: damaged, ${damage.length} members are not as they were stored`, ...lines, ...more];
}
