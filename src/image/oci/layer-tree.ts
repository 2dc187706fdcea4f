/**
 * What applying a layer takes, worked out from the names of its members and of those of the layers below it: what has to
 * go first, and which names lead through links of the layers below. Pure: nothing of the tree itself is looked at, so
 * nothing in it can mislead. Rules: the OCI image specification's layer.md.
 */
import { MAX_DEPTH, MAX_PATH } from '../member-scan.ts';

/** A tar member as its header has it. */
export interface LayerMember {
  readonly path: string;
  readonly kind: 'directory' | 'symlink' | 'hardlink' | 'other';
  /** Of links, "" for others. */
  readonly target: string;
}

export interface LayerPlan {
  /** Removed before the layer is unpacked, whole trees: relative, without links among their parents. */
  readonly removals: readonly string[];
  /** Directories of the members' names that are links below, and what they lead to inside the root. */
  readonly redirections: readonly { readonly from: string; readonly to: string }[];
}

/** What no layer may have: for the refusal. */
export class HostileLayer extends Error {}

type Node =
  | { readonly kind: 'directory'; readonly children: Map<string, Node>; layer: number }
  | { readonly kind: 'symlink'; readonly target: string; readonly layer: number }
  | { readonly kind: 'other'; readonly layer: number };
type Directory = Extract<Node, { kind: 'directory' }>;

const MARKER = '.wh.';
const OPAQUE = '.wh..wh..opq';
/** As the kernel's. */
const MAX_LINKS = 40;

const directory = (layer: number): Directory => ({ kind: 'directory', children: new Map(), layer });

/** The parts of a name below the root; a leading slash is the root's. Throws HostileLayer for one that climbs. */
function partsOf(path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..'))
    throw new HostileLayer(`${JSON.stringify(path)} leads out of the root filesystem`);
  if (path.length > MAX_PATH || parts.length > MAX_DEPTH)
    throw new HostileLayer('a path in it is too long or too deep');
  return parts;
}

export class LayerTree {
  readonly #root: Directory = directory(0);
  /** Which one is applied; its own members carry its number. */
  #layer = 0;

  /** Whether the root directory has the name. */
  has(name: string): boolean {
    return this.#root.children.has(name);
  }

  /** Plans the next layer, which counts as applied from then on. Throws HostileLayer. */
  apply(members: readonly LayerMember[]): LayerPlan {
    this.#layer += 1;
    const removals: string[] = [];
    const redirections = new Map<string, string>();
    const [markers, others] = partition(members);
    // In whichever order they stand, they concern the layers below alone.
    for (const parts of markers) removals.push(...this.#whiteOut(parts));
    for (const member of others) {
      const parts = partsOf(member.path);
      const name = parts.pop();
      if (name === undefined) {
        if (member.kind !== 'directory') throw new HostileLayer('its root is no directory');
        continue;
      }
      const parent = this.#resolve(parts, 0);
      if (parent.join('/') !== parts.join('/')) this.#redirect(parts, redirections);
      if (member.kind === 'hardlink') this.#checkLink(member);
      removals.push(...this.#put([...parent, name], member));
    }
    return { removals, redirections: [...redirections].map(([from, to]) => ({ from, to })) };
  }

  /** Notes the links that the name leads through, one after the other. */
  #redirect(parts: readonly string[], redirections: Map<string, string>): void {
    let rest = parts;
    for (let length = 1; length <= rest.length; length++) {
      const from = rest.slice(0, length);
      const to = this.#resolve(from, 0);
      if (to.join('/') === from.join('/')) continue;
      redirections.set(from.join('/'), to.join('/'));
      rest = [...to, ...rest.slice(length)];
      length = to.length;
    }
  }

  /** A hard link's target is looked up in the same tree: its name may be redirected, and must not climb. */
  #checkLink({ path, target }: LayerMember): void {
    if (partsOf(target).length === 0)
      throw new HostileLayer(`the hard link ${JSON.stringify(path)} leads to the root`);
  }

  #whiteOut(parts: readonly string[]): string[] {
    const name = parts.at(-1) ?? '';
    const parent = this.#resolve(parts.slice(0, -1), 0);
    const at = this.#directoryAt(parent);
    if (name === OPAQUE) {
      const children = [...(at?.children.keys() ?? [])];
      at?.children.clear();
      return children.map((child) => [...parent, child].join('/'));
    }
    const gone = name.slice(MARKER.length);
    // aufs' own records (.wh..wh.plnk) say nothing of the files.
    if (gone.startsWith(MARKER)) return [];
    if (['', '.', '..'].includes(gone)) throw new HostileLayer(`${JSON.stringify(name)} removes no file`);
    at?.children.delete(gone);
    return [[...parent, gone].join('/')];
  }

  /** Where a directory's name leads, every link in it followed inside the root. What is not there is as it is written. */
  #resolve(parts: readonly string[], links: number): string[] {
    const real: string[] = [];
    for (const [index, part] of parts.entries()) {
      if (part === '..') {
        real.pop();
        continue;
      }
      const node = this.#directoryAt(real)?.children.get(part);
      if (node?.kind !== 'symlink') {
        real.push(part);
        continue;
      }
      if (links >= MAX_LINKS)
        throw new HostileLayer(`too many links on the way to ${JSON.stringify(parts.join('/'))}`);
      const start = node.target.startsWith('/') ? [] : real;
      const target = node.target.split('/').filter((each) => each !== '' && each !== '.');
      return this.#resolve([...start, ...target, ...parts.slice(index + 1)], links + 1);
    }
    return real;
  }

  #directoryAt(parts: readonly string[]): Directory | null {
    let here: Node = this.#root;
    for (const part of parts) {
      const next: Node | undefined = here.kind === 'directory' ? here.children.get(part) : undefined;
      if (next === undefined) return null;
      here = next;
    }
    return here.kind === 'directory' ? here : null;
  }

  /** Puts the member in its place; returns what tar would not take away for it. */
  #put(parts: readonly string[], { kind, target }: LayerMember): string[] {
    const name = parts.at(-1) ?? '';
    const parent = this.#make(parts.slice(0, -1));
    const before = parent.children.get(name);
    if (before?.kind === 'directory' && kind === 'directory') {
      before.layer = this.#layer;
      return [];
    }
    if (kind === 'directory') parent.children.set(name, directory(this.#layer));
    else if (kind === 'symlink') parent.children.set(name, { kind, target, layer: this.#layer });
    else parent.children.set(name, { kind: 'other', layer: this.#layer });
    const inTheWay =
      before !== undefined &&
      before.layer !== this.#layer &&
      (before.kind === 'directory') !== (kind === 'directory');
    return inTheWay ? [parts.join('/')] : [];
  }

  /** Directories that no member describes are made by tar. */
  #make(parts: readonly string[]): Directory {
    let here = this.#root;
    for (const part of parts) {
      const next = here.children.get(part);
      if (next?.kind === 'directory') {
        here = next;
        continue;
      }
      if (next !== undefined)
        throw new HostileLayer(`${JSON.stringify(parts.join('/'))} is no directory in the layers below`);
      const made = directory(this.#layer);
      here.children.set(part, made);
      here = made;
    }
    return here;
  }
}

function partition(members: readonly LayerMember[]): [string[][], LayerMember[]] {
  const markers: string[][] = [];
  const others: LayerMember[] = [];
  for (const member of members) {
    const parts = partsOf(member.path);
    const within = parts.findIndex((part) => part.startsWith(MARKER));
    if (within === -1) others.push(member);
    // What lies below a marker is left out like the marker itself.
    else if (within === parts.length - 1) markers.push(parts);
  }
  return [markers, others];
}
