/** What is asked of an import. */
import type { SystemConfig } from '../../config/model.ts';
import type { OnStage } from '../../gauge.ts';
import type { VolumeOptions } from '../../storage/backend.ts';
import type { Environment } from '../../environment.ts';

export interface ImportRequest {
  readonly system: SystemConfig;
  readonly lxcpath: string;
  readonly environment: Environment;
  /** Absolute: an archive, or the directory of a container of LXC's; "-": an archive on standard input. */
  readonly source: string;
  /** null: as it was called. */
  readonly name: string | null;
  /** -B; null: dir. */
  readonly backend: string | null;
  /** What goes with it. */
  readonly volume: VolumeOptions;
  /** Without an id map. */
  readonly privileged: boolean;
  /** It is the same machine, moved: its hardware addresses and machine id stay. */
  readonly keepMac: boolean;
  /** What of its configuration reaches into the host is kept. */
  readonly trusted: boolean;
  readonly stdin: NodeJS.ReadableStream;
  readonly warn: (text: string) => void;
  /** Of an archive, the bytes that were read of it as it lies there. */
  readonly onStage?: OnStage | undefined;
}
