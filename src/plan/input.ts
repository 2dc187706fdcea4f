/** What the compiler reads, and where it puts what it finds wrong. */
import type { ContainerConfig, IdMap, InputFile, SystemConfig } from '../config/model.ts';
import { mayBeDueTo, Problem, type Mistakes, type SourceLocation } from '../problem.ts';
import type { HostFacts } from '../host/facts.ts';
import type { FoundDevices } from '../host/devices.ts';
import type { Lxcfs } from '../host/lxcfs.ts';
import type { Namespace, Origin, StartPlan } from './types.ts';
import type { Environment } from '../environment.ts';

/** A namespace to join, found. */
export interface JoinedNamespace {
  /** Of its file: /proc/PID/ns/net, or as written. */
  readonly path: string;
  /** Of that file where it is a process's, which may end; "" of a path that was written. */
  readonly inode: string;
  /** It is the one that the caller is in: nothing is to be joined. */
  readonly host: boolean;
  /** How a user namespace maps its ids. */
  readonly idmap: readonly IdMap[];
  /** The line that asked for it; undefined for the command line. */
  readonly at: SourceLocation | undefined;
}

/** What the command line of a start says beyond the configuration. */
export interface StartOptions {
  /** RUNDIR/KEY/NAME of this container (containerPaths().runDir). */
  readonly runDir: string;
  /** Where what it prints is kept (containerPaths().logDir); not given where it is not defined. */
  readonly logDir?: string | undefined;
  /** Where its record for the bridge's DNS lies while it runs (containerPaths().dnsRecord). */
  readonly dnsRecord: string;
  readonly foreground: boolean;
  /** A file or terminal that becomes the console, over lxc.console.path; "none": no console. */
  readonly consolePath?: string | undefined;
  /** A file that what the console prints is written to, over lxc.console.logfile. */
  readonly consoleLog?: string | undefined;
  /** A file that gets the process id of its monitor, and goes when the container ends. */
  readonly pidFile?: string | undefined;
  /** -o and -l, over lxc.log.file and lxc.log.level. */
  readonly logFile?: string | undefined;
  readonly logLevel?: string | undefined;
  /** lxc.namespace.share.* and --share-* over it, already found. */
  readonly share: Readonly<Partial<Record<Namespace, JoinedNamespace>>>;
  /** PR_SCHED_CORE, asked of the kernel where lxc.sched.core is set: why there is no core scheduling; "": there is. */
  readonly noCoreScheduling?: string;
  /** What runs as process 1, word by word, over lxc.init.cmd. */
  readonly command?: readonly string[] | undefined;
  /** PID 1 is this program of the host's (tlxc-init), which runs the command, or waits where there is none. */
  readonly initProgram?: string | undefined;
  /** Where tlxc-proxy lies, for forwards. */
  readonly proxyProgram?: string | undefined;
  /** Where tlxc-enter lies, for tlxc.health.command. */
  readonly enterProgram?: string | undefined;
  /** lxc.ephemeral: the command that destroys this very container; not given where it is not defined. */
  readonly destroy?: readonly string[] | undefined;
  /** tlxc.restart, with the command that starts it again; null or not given: it stays as it ends. */
  readonly restart?: StartPlan['monitor']['restart'] | undefined;
  /** The caller's environment; hooks are given a few names of it. */
  readonly environment: Environment;
}

/** The bytes of a file, or why it cannot be read. */
export type ReadSecret = Uint8Array | { readonly why: string };

/** Texts of files that the configuration names and the plan swallows. */
export interface StartFiles {
  /** lxc.seccomp.profile, read by the caller, or why it cannot be; needed whenever the key is set. */
  readonly seccompProfile?:
    | { readonly path: string; readonly text: string; readonly input: InputFile }
    | { readonly why: string }
    | undefined;
  /** Whether HOST of lxc.mount.auto = shmounts:HOST lies on a shared mount. */
  readonly tunnelIsShared?: boolean | undefined;
  /** What the host has of tlxc.device. */
  readonly devices?: FoundDevices;
  /** lxcfs on the host; looked for where tlxc.mount.lxcfs asks for it. */
  readonly lxcfs?: Lxcfs | undefined;
  /** The systemd that it boots: its version, 0 before 231; looked for where a view of control groups depends on it. */
  readonly guestSystemd?: number | undefined;
  /** tlxc.credential.load, by the credential's name: its bytes, or why they cannot be read. */
  readonly credentials?: Readonly<Record<string, ReadSecret>> | undefined;
  /** Files and devices of lxc.rootfs.path that hold a filesystem, by their paths: its type, "" where blkid knows none. */
  readonly imageFilesystems?: Readonly<Record<string, string>>;
}

export interface StartInput {
  readonly config: ContainerConfig;
  /** What is wrong in the configuration already, and is told with what is found here. */
  readonly mistakes?: Mistakes;
  readonly host: HostFacts;
  readonly system: SystemConfig;
  readonly options: StartOptions;
  readonly files: StartFiles;
}

/** Everything one concern's compiler needs. */
export interface Compilation extends StartInput {
  readonly findings: Findings;
}

/** All that is wrong or doubtful, collected so that a person sees it at once. */
export class Findings {
  readonly problems: Problem[];
  readonly warnings: string[] = [];
  readonly #mistakes: Mistakes;

  constructor(mistakes: Mistakes = { problems: [], lost: new Set() }) {
    this.#mistakes = mistakes;
    this.problems = [...mistakes.problems];
  }

  /** The plan cannot be made; `hint`: what can be done, where the message does not tell. What is due to a line that was found wrong before is told when that is mended. */
  refuse(at: SourceLocation | undefined, message: string, hint?: string): void {
    const { problems, lost } = this.#mistakes;
    const isTold = problems.some(({ details }) => at && details.at && isSameLine(details.at, at));
    if (!isTold && !mayBeDueTo(lost, message))
      this.problems.push(new Problem({ message, at, ...(hint !== undefined && { hint }) }));
  }

  /** The plan is made, but something the person wrote has no or another effect here. */
  warn(at: SourceLocation | undefined, message: string): void {
    this.warnings.push(placed(at, message));
  }
}

/** Of what the command line said, each argument is a line of its own. */
const isSameLine = (one: SourceLocation, other: SourceLocation): boolean =>
  one === other || (one.line > 0 && one.line === other.line && one.file === other.file);

function placed(at: SourceLocation | undefined, message: string): string {
  return at === undefined || at.file === '' ? message : `${at.file}:${at.line}: ${message}`;
}

/** A built-in default, or the command line. */
export const NO_ORIGIN: Origin = { file: '', line: 0, key: '' };

export function originOf(at: SourceLocation | undefined): Origin {
  return at === undefined ? NO_ORIGIN : { file: at.file, line: at.line, key: at.key ?? '' };
}
