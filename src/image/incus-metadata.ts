/**
 * metadata.yaml of Incus' and LXD's images: what of it a container of ours needs. Of YAML only what these files are made
 * of is understood: plain "key: value" lines, and those of "properties" below it.
 */
import { debianArch, isPlainName } from './product.ts';
import type { ImageNames } from './stored-image.ts';

export interface IncusMetadata {
  readonly names: ImageNames;
  /** Unix seconds; 0: never. */
  readonly expiry: number;
}

const LINE = /^( *)([A-Za-z_]+): *(?:"([^"]*)"|'([^']*)'|([^#]*?)) *$/;

export function parseIncusMetadata(text: string): IncusMetadata {
  const { top, properties } = blocksOf(text);
  const name = (value: string | undefined) => (value !== undefined && isPlainName(value) ? value : '');
  const serial = properties.get('serial') ?? '';
  return {
    names: {
      dist: name(properties.get('os')).toLowerCase(),
      release: name(properties.get('release')),
      arch: debianArch(name(top.get('architecture') ?? properties.get('architecture'))),
      variant: name(properties.get('variant')) || 'default',
      build: /^\d{8}[0-9_:.]*$/.test(serial) ? serial : '',
    },
    expiry: Number(/^\d{1,12}$/.exec(top.get('expiry_date') ?? '')?.[0] ?? 0),
  };
}

function blocksOf(text: string): Readonly<Record<'top' | 'properties', ReadonlyMap<string, string>>> {
  const [top, properties] = [new Map<string, string>(), new Map<string, string>()];
  let block = '';
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    if (!match) continue;
    const [, indent, key = '', double, single, plain] = match as (string | undefined)[];
    const value = double ?? single ?? plain ?? '';
    if (indent === '') {
      top.set(key, value);
      block = value === '' ? key : '';
    } else if (block === 'properties') properties.set(key, value);
  }
  return { top, properties };
}
