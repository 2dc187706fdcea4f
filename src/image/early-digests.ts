/**
 * Digests of an archive's files while it is still being unpacked, in the time that decoder and tar leave: with less priority,
 * and in a jail like theirs, since what is opened lies in a tree that an archive is still changing.
 */
import { posix } from 'node:path';
import { startProgram } from '../host/program.ts';
import { DIGEST, FileDigests, type Digests } from './file-digests.ts';
import { jailed, TARGET, type Jail } from './jail.ts';
import type { Member } from './member-scan.ts';

const NONE: Digests = new Map();
/** A third of the others' share: they come first, but a busy machine does not let who waits for these wait for ever. */
const NICENESS = '5';
/** tar and find write other names each in its own way; there are few. */
const PLAIN = /^[\x20-\x5b\x5d-\x7e]+$/;

export class EarlyDigests {
  readonly #digests: FileDigests;
  readonly #seen = new Set<string>();
  /** Symbolic links, and hard links to them. */
  readonly #links = new Set<string>();
  /** tar is still writing it. */
  #last: string | null = null;
  /** A path was there twice, or leads to another's file: what was digested need not be what is there. */
  #doubted = false;

  /** `cwd` holds the jail's directories, which may be removed once finish() or stop() has resolved. */
  constructor(jail: Jail, cwd: string) {
    const command = jailed({ ...jail, endsTogether: true }, [
      ...['nice', '-n', NICENESS, 'env', `--chdir=${TARGET}`],
      ...DIGEST,
    ]);
    this.#digests = new FileDigests(() => startProgram(command, { cwd, stdin: 'pipe', stdout: 'pipe' }));
  }

  /** Takes what tar says it unpacks next: what came before is whole then. */
  take({ type, name, target }: Member): void {
    if (this.#doubted) return;
    const path = pathOf(name);
    if (this.#seen.has(path) || this.#leadsElsewhere(path)) {
      this.#doubt();
      return;
    }
    this.#seen.add(path);
    if (type === 'l' || (type === 'h' && this.#links.has(pathOf(target)))) this.#links.add(path);
    this.#addLast();
    if (type === '-' && PLAIN.test(name)) this.#last = path;
  }

  /** Resolves to what is known, which may be nothing. */
  async finish(): Promise<Digests> {
    this.#addLast();
    const { digests, failed } = await this.#digests.finish();
    return this.#doubted || failed ? NONE : digests;
  }

  /** Resolves when none of the programs is left. */
  async stop(): Promise<void> {
    this.#doubt();
    await this.#digests.finish();
  }

  #addLast(): void {
    if (this.#last !== null && !this.#doubted) this.#digests.add(this.#last);
    this.#last = null;
  }

  #leadsElsewhere(path: string): boolean {
    for (let at = path.lastIndexOf('/'); at > 1; at = path.lastIndexOf('/', at - 1))
      if (this.#links.has(path.slice(0, at))) return true;
    return false;
  }

  /** What is being read may be anything by now, and may never end. */
  #doubt(): void {
    this.#doubted = true;
    this.#digests.kill();
  }
}

/** As find(1) writes it. */
const pathOf = (name: string): string => `./${posix.join('/', name).replace(/^\/|\/$/g, '')}`;
