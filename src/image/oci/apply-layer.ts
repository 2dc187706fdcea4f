/**
 * Applies layers one after the other to one tree. What the plan of a layer (layer-tree.ts) has removed and what tar
 * unpacks is done in the jail (jail.ts), where nothing but the tree can be written: links in it lead nowhere else.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TlxcError } from '../../errors.ts';
import type { Mapping } from '../../host/mapped.ts';
import { programError, startProgram } from '../../host/program.ts';
import { decoderOf } from '../compression.ts';
import { jailed, MAX_BYTES } from '../jail.ts';
import { MemberScan } from '../member-scan.ts';
import { makePlaces, MAX_MEMBERS, spaceAt } from '../unpack.ts';
import { unpackTar } from '../unpack-tar.ts';
import { compressionOf, refuse, type Descriptor } from './documents.ts';
import { HostileLayer, LayerTree, type LayerMember, type LayerPlan } from './layer-tree.ts';
import { scanLayer } from './scan-layer.ts';

export interface Layers {
  /** Made by us, empty; the tree goes to WORK/rootfs. */
  readonly work: string;
  readonly mapping: Mapping | null;
  readonly privileged: boolean;
  /** For the errors. */
  readonly title: string;
}

/** The target of an unpacking, and where its programs run. */
export interface LayerPlaces {
  readonly rootfs: string;
  readonly jail: string;
  /** Words that mount the target: the layers below, with an upper layer that takes what is changed. */
  readonly within?: readonly string[];
}

export interface Layer {
  readonly descriptor: Descriptor;
  /** As the image's configuration says: the digest of the archive, decompressed. */
  readonly diffId: string;
  readonly file: string;
}

/** What is mounted or written there is the container's: images of one program may have nothing but that. */
const NEEDED = ['dev', 'etc', 'proc', 'sys'];
const MARKERS = ['--no-anchored', '--wildcards', '--exclude=.wh.*'];

export class LayerStack {
  readonly #tree = new LayerTree();
  /** Device nodes outside /dev that were let through. */
  readonly devices: string[] = [];
  /** What is left for the layers to come: all of them together are one image. */
  #left: { bytes: number; members: number; space: number };

  constructor(
    readonly layers: Layers,
    readonly places: LayerPlaces,
    space: number,
  ) {
    this.#left = { bytes: MAX_BYTES, members: MAX_MEMBERS, space };
  }

  /** Makes WORK/rootfs, empty. */
  static async begin(layers: Layers): Promise<LayerStack> {
    const { work, mapping } = layers;
    return new LayerStack(layers, await makePlaces(work, mapping), await spaceAt(work));
  }

  /** On what the layers below have left: members of all of them together. */
  static async over(layers: Layers, places: LayerPlaces, below: readonly LayerMember[]): Promise<LayerStack> {
    const stack = new LayerStack(layers, places, await spaceAt(layers.work));
    stack.#tree.apply(below);
    return stack;
  }

  /** What was made for the layers goes; the tree has the directories that every container needs. */
  async end(): Promise<void> {
    const missing = NEEDED.filter((name) => !this.#tree.has(name)).map((name) => join('rootfs', name));
    if (missing.length > 0) await this.#run(['mkdir', '--mode=755', '--', ...missing], this.layers.title);
    await rm(this.places.jail, { recursive: true });
  }

  /** In the jail, whose root directory has the tree in rootfs/. */
  async #run(command: readonly string[], what: string, input = ''): Promise<void> {
    const { work, mapping } = this.layers;
    const argv = jailed({ ...this.places, mapping, devices: false }, command);
    const program = startProgram(argv, {
      stdin: 'pipe',
      cwd: work,
      ...(command[0] !== undefined && { name: command[0] }),
    });
    // A program that ended early says so by its status.
    program.child.stdin?.on('error', () => undefined).end(input);
    const ended = await program.ended;
    if (ended.status !== 0)
      throw programError(ended, {
        code: 'TLXC_E_IMAGE',
        what: `${what} could not be applied`,
        writesTo: work,
      });
  }

  /** Throws TLXC_E_IMAGE for a layer that is not the one it should be, is damaged, or hostile; then the tree is of no use. */
  async apply({ descriptor, diffId, file }: Layer): Promise<void> {
    const { work, mapping, privileged, title } = this.layers;
    const what = `layer ${descriptor.digest.slice('sha256:'.length, 19)} of ${title}`;
    const decoder = compressionOf(descriptor, title) === 'none' ? ['cat'] : decoderOf(file);
    const content = await scanLayer({ file, decoder, what, limits: this.#left });
    if (content.diffId !== diffId)
      throw refuse(what, `its content is ${content.diffId}, and the image's configuration says ${diffId}`);
    const plan = this.#plan(content.members, what);
    await this.#remove(plan.removals, what);
    if (content.members.length === 0) return;
    const scan = new MemberScan({ ...this.#left, place: this.layers.work, archive: what, fromRoot: true });
    const options = [...MARKERS, ...plan.redirections.map(transformation)];
    const job = {
      ...this.places,
      archive: file,
      excludes: [],
      work,
      privileged,
      mapping,
      scan,
      layer: options,
    };
    await unpackTar(job, decoder).catch((error: unknown) => {
      throw error instanceof TlxcError
        ? new TlxcError({ ...error.details, message: `${what}: ${error.message}` })
        : error;
    });
    this.devices.push(...scan.devices);
    const { bytes, members, space } = this.#left;
    const { size } = content;
    this.#left = { bytes: bytes - size, members: members - content.members.length, space: space - size };
  }

  #plan(members: readonly LayerMember[], what: string): LayerPlan {
    try {
      return this.#tree.apply(members);
    } catch (error) {
      if (error instanceof HostileLayer) throw refuse(what, error.message);
      throw error;
    }
  }

  async #remove(paths: readonly string[], what: string): Promise<void> {
    if (paths.length === 0) return;
    const input = paths.map((path) => `rootfs/${path}\0`).join('');
    await this.#run(['xargs', '--null', 'rm', '-rf', '--one-file-system', '--'], what, input);
  }
}

/** Names below a link are unpacked where it leads to inside the root; what links contain stays as it is. */
function transformation({ from, to }: LayerPlan['redirections'][number]): string {
  const pattern = from.replace(/[\\.[\]*^$,]/g, '\\$&');
  const target = to === '' ? '' : `${to.replace(/[\\&,]/g, '\\$&')}/`;
  return String.raw`--transform=s,^/*\(\./\)*${pattern}/,${target},rhS`;
}
