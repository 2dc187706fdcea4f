/** What an archive holds, whoever wrote it. */
import { basename } from 'node:path';
import { TlxcError } from '../../errors.ts';
import { FORMAT, INDEX, type Index } from '../export/format.ts';
import { isName } from '../paths.ts';
import { NOTHING_TOLD, type Foreign } from './foreign.ts';
import { readIncus } from './incus.ts';
import type { Look } from './look.ts';
import { readProxmox } from './proxmox.ts';

export type Content =
  | { readonly kind: 'own'; readonly look: Look; readonly index: Index }
  | { readonly kind: 'foreign'; readonly look: Look; readonly foreign: Foreign };

const textOf = ({ texts }: Look, name: string): string => texts.get(name)?.toString('utf8') ?? '';

/** Throws TLXC_E_IMAGE, TLXC_E_UNSUPPORTED. */
export function contentOf(look: Look): Content {
  if (look.kind === 'own') return { kind: 'own', look, index: parseIndex(textOf(look, INDEX), look.archive) };
  return { kind: 'foreign', look, foreign: foreignIn(look) };
}

function foreignIn(look: Look): Foreign {
  if (look.kind === 'incus') return readIncus(textOf(look, 'backup/index.yaml'), look.archive);
  if (look.kind === 'vzdump') return readProxmox(textOf(look, 'etc/vzdump/pct.conf'));
  return NOTHING_TOLD;
}

/** Each a name of its own: it becomes a directory. */
function areSnapshots(entries: readonly unknown[]): boolean {
  const names = entries.map((entry) => (entry as { name?: unknown } | null)?.name);
  return (
    names.every((name) => typeof name === 'string' && isName(name)) && new Set(names).size === names.length
  );
}

function parseIndex(text: string, archive: string): Index {
  const index = readJson(text) as Partial<Index> | null;
  const isWhole =
    typeof index?.name === 'string' &&
    typeof index.directory === 'string' &&
    index.directory.startsWith('/') &&
    Array.isArray(index.snapshots) &&
    areSnapshots(index.snapshots);
  if (index?.format !== undefined && index.format !== FORMAT)
    throw new TlxcError({
      code: 'TLXC_E_UNSUPPORTED',
      message: `${archive} is of format ${JSON.stringify(index.format)}, and this TLXC reads ${FORMAT}`,
      hint: 'a newer TLXC wrote it: import it with one',
    });
  if (isWhole) return index as Index;
  throw new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `${archive} is damaged: its index is no index`,
    hint: 'export it again',
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What the container was called; else what the file is called; null: neither is a name. */
export function nameIn(content: Content, source: string): string | null {
  const told = content.kind === 'own' ? content.index.name : content.foreign.name;
  const plain = basename(source).replace(/\.(tar|tgz|txz|tzst)(\..*)?$/, '');
  return [told, plain].find(isName) ?? null;
}
