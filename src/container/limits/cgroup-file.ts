/** Reads and writes the control group files of a running container, in the words of either cgroup world. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BadValue } from '../../config/key.ts';
import type { SystemConfig } from '../../config/model.ts';
import { checkCgroupFile } from '../../config/values/cgroup-files.ts';
import { TlxcError } from '../../errors.ts';
import { probeHost } from '../../host/probe.ts';
import { askMonitor } from '../../monitor/client.ts';
import type { MonitorCgroup, MonitorInfo } from '../../monitor/protocol.ts';
import { writesOf, type GroupWrite } from '../../plan/cgroup-change.ts';
import { controllerOf, hierarchyOf } from '../../plan/cgroup-settings.ts';
import { equalsOf, translateSetting, type CgroupValue } from '../../plan/cgroup-translation.ts';
import { notRunning } from '../not-running.ts';
import { containerPaths } from '../paths.ts';
import { unresponsive } from '../unresponsive.ts';

export interface CgroupFileRequest {
  readonly name: string;
  readonly lxcpath: string;
  readonly system: SystemConfig;
  /** memory.max, memory.limit_in_bytes … */
  readonly file: string;
}

/** Where a file is: in this world, or in the other as `files`. */
interface Found {
  readonly world: 1 | 2;
  readonly files: readonly string[];
  readonly isOwn: boolean;
}

const WORLDS = [1, 2] as const;

/** Processes live in the inner group. */
const OF_PROCESSES = new Set(['cgroup.procs', 'cgroup.threads']);

class Groups {
  readonly #all: readonly MonitorCgroup[];
  readonly #container: string;

  constructor(request: CgroupFileRequest) {
    this.#container = request.name;
    this.#all = running(request).cgroups;
  }

  /** Throws TLXC_E_NOT_FOUND, with the reason where it is known. */
  find(file: string): Found {
    // No path: nothing but a file of the group itself.
    if (!/^[A-Za-z0-9_]+(\.[A-Za-z0-9_-]+)+$/.test(file))
      throw this.#error(file, 'this is no name of a control group file');
    for (const world of WORLDS) if (this.#has(file, world)) return { world, files: [file], isOwn: true };
    for (const world of WORLDS) {
      const files = equalsOf(file, world === 1 ? 2 : 1).filter((each) => this.#has(each, world));
      if (files.length > 0) return { world, files, isOwn: false };
    }
    if (this.#isWithheld(controllerOf(file))) throw this.#error(file, ...withheld(controllerOf(file)));
    throw this.#error(file, ...this.#whyNot(file));
  }

  /** The host has it, and gave this container no group of it. */
  #isWithheld(controller: string): boolean {
    const given = WORLDS.some((world) => hierarchyOf(controller, world, this.#all));
    return !given && probeHost().cgroups.some(({ controllers }) => controllers.includes(controller));
  }

  read(file: string, world: 1 | 2): string {
    return readFileSync(this.#path(file, world), 'utf8');
  }

  /** Writes in this order. Throws TLXC_E_SYSCALL with the kernel's reason. */
  write(changes: readonly GroupWrite[], world: 1 | 2): void {
    const isHandedOn = changes.some(({ inner }) => !inner);
    for (const { file, value, inner } of changes) {
      const path = this.#path(file, world, inner);
      // Between two runs of a reboot there is none: the next has what the outer one has.
      if (inner && isHandedOn && !existsSync(dirname(path))) continue;
      try {
        // Of an empty text Node writes nothing, not even nothing: cpuset.cpus would stay as it is.
        writeFileSync(path, value === '' ? '\n' : value);
      } catch (error) {
        const errno = (error as NodeJS.ErrnoException).code ?? '';
        const message = `cannot write ${JSON.stringify(value)} to ${path}`;
        throw new TlxcError({
          code: 'TLXC_E_SYSCALL',
          message,
          container: this.#container,
          syscall: 'write',
          errno,
          path,
          hint: writeHint(this.#container, file, errno),
        });
      }
    }
  }

  #error(file: string, reason: string, hint?: string): TlxcError {
    return new TlxcError({
      code: 'TLXC_E_NOT_FOUND',
      message: `the container has no ${file}: ${reason}`,
      container: this.#container,
      hint: hint ?? `tlxc-config explain -n ${this.#container} lists the limits in force`,
    });
  }

  #path(file: string, world: 1 | 2, inner = OF_PROCESSES.has(file)): string {
    const home = hierarchyOf(controllerOf(file), world, this.#all);
    return home ? join(home.mountPoint, inner ? home.innerGroup : home.limitGroup, file) : '';
  }

  #has(file: string, world: 1 | 2): boolean {
    return existsSync(this.#path(file, world));
  }

  #whyNot(file: string): [why: string, hint?: string] {
    const controller = controllerOf(file);
    if (controller === 'devices') return ['the list of devices is a program in the kernel here'];
    for (const world of WORLDS) {
      if (!hierarchyOf(controller, world, this.#all)) continue;
      const beside = { last: () => undefined, blockWeights: [] };
      const translated = translateSetting({ file, value: '' }, world === 1 ? 2 : 1, beside);
      return [
        `${controller} is cgroup v${world} here: ${'why' in translated ? translated.why : 'this kernel has no such file'}`,
      ];
    }
    return [
      `no cgroup hierarchy of this host has the controller ${controller}`,
      'tlxc-doctor tells which controllers there are, and what brings the others',
    ];
  }
}

/** Why, and what can be done. */
const withheld = (controller: string): [string, string] => [
  `it started without a control group of ${controller}, as none is delegated to its user`,
  'tlxc-doctor, run by that user, tells what delegates control groups',
];

/** What can be done where the kernel does not take a value. */
function writeHint(name: string, file: string, errno: string): string {
  const shows = `tlxc-cgroup -n ${name} ${file} shows what is set`;
  if (!/^cpuset\.(cpus|mems)$/.test(file) || !['ERANGE', 'EINVAL', 'EACCES'].includes(errno)) return shows;
  const has = file === 'cpuset.cpus' ? '/sys/devices/system/cpu/online' : '/sys/devices/system/node/online';
  return `the host has those in ${has}; ${shows}`;
}

function running({ name, lxcpath, system }: CgroupFileRequest): MonitorInfo {
  const paths = containerPaths(system, lxcpath, name);
  const result = existsSync(paths.socket) ? askMonitor(paths, { op: 'info' }) : undefined;
  if (result?.kind === 'unresponsive') throw unresponsive(name, result);
  if (result?.kind === 'answer' && result.reply.ok) return result.reply as MonitorInfo;
  throw notRunning(paths);
}

/** From the words of one world into the other's; what is not in `given` is read from the groups. */
function translate(setting: CgroupValue, from: 1 | 2, groups: Groups): readonly CgroupValue[] {
  const last = (file: string): string | undefined => {
    if (file === setting.file) return setting.value;
    try {
      const { world, isOwn } = groups.find(file);
      return isOwn ? groups.read(file, world).trim() : undefined;
    } catch {
      return undefined; // not a file of this host: the other spelling is asked for next
    }
  };
  const translated = translateSetting(setting, from, { last, blockWeights: probeHost().blockWeights });
  if (!('why' in translated)) return translated;
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `${setting.file} cannot be translated: ${translated.why}`,
    hint: "set a file of this host's own cgroup version",
  });
}

/** cpu.weight.nice shows what cpu.weight does, only less exactly. */
const isPrimary = (file: string): boolean => file !== 'cpu.weight.nice';

/** The text of the file, with its line end; of a file of the other world, the values of its equals here in its words. */
export function readCgroupFile(request: CgroupFileRequest): string {
  const groups = new Groups(request);
  const { world, files, isOwn } = groups.find(request.file);
  if (isOwn) return groups.read(request.file, world);
  const values = files.filter(isPrimary).flatMap((file) =>
    groups
      .read(file, world)
      .split('\n')
      .filter(Boolean)
      .flatMap((value) => translate({ file, value }, world, groups))
      .filter((each) => each.file === request.file)
      .map((each) => each.value),
  );
  return [...new Set(values)].map((value) => `${value}\n`).join('');
}

/**
 * Writes the file, and gives what was written in its place where it is one of the other world ([]: the file itself was).
 * Throws TLXC_E_USAGE for a value that no kernel takes, TLXC_E_SYSCALL where this one refuses it.
 */
export function writeCgroupFile(
  request: CgroupFileRequest & { readonly value: string; readonly warn: (message: string) => void },
): readonly CgroupValue[] {
  const { file, value, warn } = request;
  const groups = new Groups(request);
  const { world, isOwn } = groups.find(file);
  const read = (each: string): string => groups.read(each, world).trim();
  try {
    checkCgroupFile(file, value, warn);
    const settings = isOwn ? [{ file, value }] : translate({ file, value }, world === 1 ? 2 : 1, groups);
    for (const setting of settings) groups.write(writesOf(setting, world, read), world);
    return isOwn ? [] : settings;
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    throw new TlxcError({
      code: 'TLXC_E_USAGE',
      message: `${file} = ${value}: ${error.message}`,
      container: request.name,
    });
  }
}
