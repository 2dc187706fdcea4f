/** What the methods of a Container can be told. */
import type { OnStage } from '../../gauge.ts';
import type { MonitorInfo } from '../../monitor/protocol.ts';
import type { BackendName, VolumeOptions } from '../../storage/backend.ts';
import type { CloudInit } from '../../storage/cloud-init.ts';
import type { CopyRequest } from '../copy/copy.ts';
import type { CopyMount } from '../copy/ephemeral-copy.ts';
import type { Compression } from '../export/format.ts';
import type { ImportRequest } from '../import/import.ts';
import type { ContainerStatus, LinkCounters } from '../info/inspect.ts';
import type { InterfaceReport } from '../info/interfaces.ts';
import type { ContainerHealth } from '../info/health.ts';
import type { LastExit } from '../info/last-exit.ts';
import type { CreateRequest } from '../create/making.ts';
import type { WaitCondition } from '../readiness/condition.ts';
import type { PendingRestart } from '../restart.ts';
import type { StartRequest } from '../start/start.ts';
import type { RunningUsage } from '../info/oom-kills.ts';
import type { StoreOptions, Warn } from './place.ts';

/** How a container is created (tlxc-create). */
export interface CreateOptions extends StoreOptions {
  /** download, oci, debian, busybox, local, none, or the absolute path of a template program. */
  readonly template: string;
  /**
   * What the template is told, by the long names of its options: { dist: 'debian', release: 'bookworm', 'no-validate': true }.
   * A list is handed to it word by word: ['--dist=debian'].
   */
  readonly args?: Readonly<Record<string, string | true>> | readonly string[];
  /** The configuration that it begins with; lxc.default_config unless given. */
  readonly configFile?: string;
  /** Its backing store, or several with commas between: the first that can be. Default: the best. */
  readonly backend?: BackendName | (string & {});
  /** How large it may be, and where it lies, as far as the backing store can be told. */
  readonly volume?: VolumeOptions;
  /** Root inside is root on the host: no id map. */
  readonly privileged?: boolean;
  /** What a template program has made stays as the container when it fails, which throws all the same. */
  readonly keepOnFailure?: boolean;
  /** What its cloud-init is told at the first boot. */
  readonly cloudInit?: CloudInit;
  /** Told of downloads and unpacking as they go. */
  readonly onEvent?: NonNullable<CreateRequest['onEvent']>;
}

/** How a container is started (tlxc-start). */
export interface StartOptions extends Partial<
  Pick<
    StartRequest,
    'configFile' | 'defines' | 'share' | 'command' | 'consolePath' | 'consoleLog' | 'pidFile'
  >
> {
  /** Something a person should know that did not stop the start. */
  readonly warn?: Warn;
  /** What must be so before the start resolves: 'ready', or ['ip', 'port:80']. */
  readonly wait?: WaitCondition | readonly WaitCondition[];
  /** Milliseconds; 90,000 unless given, -1: for ever. */
  readonly waitTimeoutMs?: number;
}

/** How a condition is waited for. */
export interface WaitOptions {
  /** Milliseconds; 90,000 unless given, -1: for ever. */
  readonly timeoutMs?: number;
  /** Ends the wait when it is aborted: TLXC_E_ABORTED is thrown. */
  readonly signal?: AbortSignal;
  /** Something a person should know although it is reached: systemd is degraded. */
  readonly warn?: Warn;
}

/** How a container is stopped (tlxc-stop). */
export interface StopOptions {
  /** halt (default): asks init, waits, then kills. */
  readonly how?: 'halt' | 'reboot' | 'kill';
  /** Milliseconds to wait for the end; 60,000 unless given, -1: for ever, 0: not at all. */
  readonly timeoutMs?: number;
  /** false: an expired halt throws TLXC_E_TIMEOUT instead of killing. */
  readonly escalate?: boolean;
  /** Whose lxc.signal.halt and .reboot are sent, where it has them, instead of those that it was started with. */
  readonly configFile?: string;
  /** Something a person should know while it is waited for. */
  readonly warn?: Warn;
}

/** How a state is waited for (tlxc-wait). */
export interface StateWaitOptions {
  /** Milliseconds; for ever unless given, 0: only a look. */
  readonly timeoutMs?: number;
  /** Ends the wait when it is aborted: TLXC_E_ABORTED is thrown. */
  readonly signal?: AbortSignal;
}

/** How a container is copied (tlxc-copy). */
export interface CopyOptions extends Partial<
  Pick<
    CopyRequest,
    | 'snapshot'
    | 'volume'
    | 'keepName'
    | 'keepMac'
    | 'allowRunning'
    | 'cloudInit'
    | 'hookArgs'
    | 'configFile'
    | 'onStage'
  >
> {
  /** The copy's store; the container's own unless given. */
  readonly lxcpath?: string;
  /** The copy's backing store; the container's own unless given. */
  readonly backend?: BackendName;
}

/** How a copy is made that is gone when it stops (tlxc-copy -e). */
export interface ThrowawayCopyOptions extends Omit<CopyOptions, 'snapshot'> {
  /** NAME_ and six letters unless given. */
  readonly name?: string;
  /** Directories and files of the host in it. */
  readonly mounts?: readonly CopyMount[];
  /** What it changes stays in memory. */
  readonly tmpfs?: boolean;
  /** Something a person should know that did not stop the start. */
  readonly warn?: Warn;
}

/** How a container is destroyed (tlxc-destroy). */
export interface DestroyOptions {
  /** One that runs is killed first. */
  readonly force?: boolean;
  /** Its snapshots go with it. */
  readonly snapshots?: boolean;
  /** In place of the container's own configuration, which then may be wrong or missing. */
  readonly configFile?: string;
  /** Something a person should know that did not stop it. */
  readonly warn?: Warn;
}

/** How limits are set (tlxc-set). */
export interface SetOptions {
  /** both (default): in the running container, if it runs, and for its next starts; or only one of these. */
  readonly where?: 'both' | 'now' | 'saved';
  /** Something a person should know that did not stop it. */
  readonly warn?: Warn;
}

/** How a container is exported (tlxc-export). */
export interface ExportOptions {
  /** zstd unless given. */
  readonly compression?: Compression;
  /** Its snapshots are exported with it. */
  readonly snapshots?: boolean;
  /** One that runs is frozen meanwhile; else it is refused: TLXC_E_RUNNING. */
  readonly freeze?: boolean;
  /** How to ask how far it is; in bytes of the archive before its compression. */
  readonly onStage?: OnStage | undefined;
}

/** How a container is imported (tlxc-import). */
export interface ImportOptions
  extends
    StoreOptions,
    Partial<Pick<ImportRequest, 'privileged' | 'volume' | 'keepMac' | 'trusted' | 'onStage'>> {
  /** As it was called unless given. */
  readonly name?: string;
  /** Its backing store; dir unless given. */
  readonly backend?: BackendName;
  /** What of its configuration was left out, most of all. */
  readonly warn?: Warn;
}

/** What is to be known of a container (tlxc-info). */
export interface ContainerInfo {
  readonly name: string;
  readonly state: ContainerStatus['state'];
  /** Init's, in the host's PID namespace; null where it does not run. */
  readonly pid: number | null;
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  readonly usage: RunningUsage | null;
  readonly links: readonly LinkCounters[];
  /** Those of its network namespace, lo included; [] where it does not run. */
  readonly interfaces: readonly InterfaceReport[];
  /** How it ended the last time; null where it has not since the host's boot. */
  readonly lastExit: LastExit | null;
  /** What tlxc.health.command came to; null where there is none, or it does not run. */
  readonly health: ContainerHealth | null;
  /** When it is started again (tlxc.restart); null where it is not. */
  readonly restart: PendingRestart | null;
  /** All that its monitor tells; null where it does not run. */
  readonly running: MonitorInfo | null;
}
