/** A running container's control group files. */
import { readCgroupFile, writeCgroupFile } from '../limits/cgroup-file.ts';
import { silently, type Located, type Warn } from './place.ts';

/** What tlxc-cgroup does: files by their names in cgroup v1 or v2, whichever this host has. All methods throw TlxcError. */
export class ControlGroup {
  readonly #container: Located;

  /** @internal */
  constructor(container: Located) {
    this.#container = container;
  }

  /** The file's text, without its last line end: get('memory.max'). Throws TLXC_E_NOT_RUNNING, TLXC_E_NOT_FOUND. */
  get(file: string): string {
    return readCgroupFile({ ...this.#container, file }).replace(/\n$/, '');
  }

  /** Changes it until the container stops. Throws as `get`; TLXC_E_USAGE for a value that is none, TLXC_E_SYSCALL. */
  set(file: string, value: string, { warn = silently }: { readonly warn?: Warn } = {}): void {
    writeCgroupFile({ ...this.#container, file, value, warn });
  }
}
