/** A container's configuration file as a program reads and edits it. */
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../../config/atomic-write.ts';
import { ConfigDocument } from '../../config/document.ts';
import { loadContainerConfig } from '../../config/load.ts';
import { updateFile, type UpdatedFile } from '../../config/update.ts';
import { readConfigFile } from '../../config/read-file.ts';
import { TlxcError } from '../../errors.ts';
import type { Problem } from '../../problem.ts';
import { removeFile } from '../../remove-file.ts';
import { explainContainer, type Explanation } from '../info/explain.ts';
import { withLock } from '../lock.ts';
import { refuseMissing } from '../not-defined.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import type { Located } from './place.ts';

/** Its keys, by their names in tlxc.container.conf(5). What is changed takes effect with the next start. All methods throw TlxcError. */
export class Configuration {
  readonly #container: Located;
  readonly #paths: ContainerPaths;

  /** @internal */
  constructor(container: Located) {
    this.#container = container;
    this.#paths = containerPaths(container.system, container.lxcpath, container.name);
  }

  /** Absolute. */
  get file(): string {
    return this.#paths.config;
  }

  /** The file as it is written. */
  text(): string {
    this.#mustExist();
    return readConfigFile(this.#paths.config).text;
  }

  /** The value in force, includes and defaults among it; the last of a key that may have many; undefined: none. */
  async get(key: string): Promise<string | undefined> {
    return (await this.getAll(key)).at(-1);
  }

  /** All values in force of a key that may have many. */
  async getAll(key: string): Promise<readonly string[]> {
    const { values } = await this.explain(key);
    return values.filter((value) => value.key === key).map(({ value }) => value);
  }

  /** Every value in force, where it was written, and what the running container shows; with a key its own or those below it. */
  async explain(key?: string): Promise<Explanation> {
    this.#mustExist();
    return explainContainer(this.#container, this.#container.name, key);
  }

  /**
   * Gives a key one value, or several, in this file, whose other lines stay as they are. Throws TLXC_E_CONFIG where that would
   * be wrong; nothing is changed then.
   */
  set(key: string, value: string | readonly string[]): Promise<void> {
    const values = typeof value === 'string' ? [value] : value;
    return this.#edit((document) => {
      const [only] = values;
      if (values.length === 1 && only !== undefined) document.set(key, only);
      else {
        document.remove(key);
        for (const each of values) document.append(key, each);
      }
    });
  }

  /** Adds a line with that key: another mount entry, say. Throws as `set`. */
  add(key: string, value: string): Promise<void> {
    return this.#edit((document) => document.append(key, value));
  }

  /** Removes a key's lines from this file, or only those with that value. Throws as `set`. */
  remove(key: string, value?: string): Promise<void> {
    return this.#edit((document) => void document.remove(key, value));
  }

  /** Rewrites names from before LXC 3, and keeps the file as it was beside it (tlxc-update-config). */
  update(): UpdatedFile {
    this.#mustExist();
    return updateFile(this.#paths.config);
  }

  #mustExist(): void {
    refuseMissing(this.#paths);
  }

  async #edit(change: (document: ConfigDocument) => void): Promise<void> {
    this.#mustExist();
    await withLock(this.#paths, () => {
      const { config } = this.#paths;
      const document = ConfigDocument.parse(readConfigFile(config).text, config);
      change(document);
      this.#check(document.toString());
      writeFileAtomically(config, document.toString());
    });
  }

  /** Loads it as a start would, from beside the file: includes are found from there. */
  #check(text: string): void {
    const { config } = this.#paths;
    const configFile = join(dirname(config), '.config.checked');
    const { name, lxcpath, environment } = this.#container;
    const here = (problem: Problem): Problem =>
      problem.details.at?.file === configFile
        ? problem.with({ at: { ...problem.details.at, file: config } })
        : problem;
    writeFileAtomically(configFile, text, { mode: 0o600 });
    try {
      loadContainerConfig({ name, lxcpath, configFile, environment });
    } catch (error) {
      if (!(error instanceof TlxcError)) throw error;
      const problems = error.details.problems?.map(here);
      throw new TlxcError({ ...error.details, path: config, ...(problems && { problems }) });
    } finally {
      removeFile(configFile);
    }
  }
}
