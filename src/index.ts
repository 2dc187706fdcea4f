/** The library: what `import … from 'tlxc'` gives. */
export { Container, ThrowawayContainer } from './container/container.ts';
export type {
  ContainerInfo,
  CopyOptions,
  CreateOptions,
  DestroyOptions,
  ExportOptions,
  ImportOptions,
  SetOptions,
  StartOptions,
  StateWaitOptions,
  StopOptions,
  ThrowawayCopyOptions,
  WaitOptions,
} from './container/parts/options.ts';
export type { StoreOptions, Warn } from './container/parts/place.ts';
export type { Environment } from './environment.ts';
export type { ControlGroup } from './container/parts/cgroup.ts';
export type { Configuration } from './container/parts/configuration.ts';
export type { ListedDevice } from './container/device/list.ts';
export type { DeviceOptions, Devices } from './container/parts/devices.ts';
export type { ContainerEvent, EventOptions, EventStream } from './container/parts/events.ts';
export type { CopyFilesOptions, PushOptions, WriteFileOptions } from './container/parts/files.ts';
export {
  Images,
  type ImageOptions,
  type ImageQuery,
  type ImageService,
  type ServeImagesOptions,
} from './container/parts/images.ts';
export type { Snapshots, RestoreOptions, TakeOptions } from './container/parts/snapshots.ts';
export { CommandError, type CommandResult } from './container/exec/command-error.ts';
export type { ExecOptions, Input, Output } from './container/exec/options.ts';
export type { RunningCommand } from './container/exec/running-command.ts';
export type { ProcessEnd } from './container/exec/wait-status.ts';
export {
  autostart,
  autostartOrder,
  type AutostartOptions,
  type AutostartOrder,
  type AutostartOutcome,
} from './container/parts/autostart.ts';
export type { AutostartAction } from './container/autostart/order.ts';
export type { CheckpointOptions, Checkpoints, SaveOptions } from './container/parts/checkpoints.ts';
export { meter, type MeterOptions, type UseMeter } from './container/parts/meter.ts';
export type { Measurement } from './container/info/meter.ts';
export type { ContainerProcess } from './container/info/processes.ts';
export type { ListedContainer } from './container/info/listed.ts';
export type { Nested } from './container/nested/limits.ts';
export { Bridge } from './container/parts/bridge.ts';
export { examineHost, explainDenials } from './container/parts/host.ts';
export type { Material } from './container/image/build.ts';
export type { CopyMount } from './container/copy/ephemeral-copy.ts';
export type { Compression } from './container/export/format.ts';
export type { ServedImages } from './container/image/serve.ts';
export type { Pressure } from './container/info/consumption.ts';
export type { Explained, Explanation } from './container/info/explain.ts';
export type { LimitName } from './container/limits/names.ts';
export type { LimitReport } from './container/limits/set.ts';
export type { LogOptions } from './container/journal/log.ts';
export type { LogRecord, LogSource } from './container/journal/record.ts';
export type { LogSelection } from './container/journal/select.ts';
export type { WaitCondition } from './container/readiness/condition.ts';
export type { FreezeOptions } from './container/freeze/freeze.ts';
export type { ImageStatus, Pruned, Verdict } from './container/image/images.ts';
export type { LinkCounters } from './container/info/inspect.ts';
export type { InterfaceReport } from './container/info/interfaces.ts';
export type { ContainerHealth } from './container/info/health.ts';
export type { LastExit } from './container/info/last-exit.ts';
export type { Started } from './container/start/launch.ts';
export type { PendingRestart } from './container/restart.ts';
export type { ShareOption } from './container/start/shared-namespaces.ts';
export type { Snapshot } from './container/snapshots.ts';
export type { RunningUsage } from './container/info/oom-kills.ts';
export type { Usage } from './container/info/usage.ts';
export { ERROR_CODES, TlxcError, type ErrorCode, type ErrorDetails, type SourceLocation } from './errors.ts';
export { Problem, type Fault, type ProblemDetails, type ProblemJson } from './problem.ts';
export type { Denial, DenialOptions, Denials } from './container/denials.ts';
export type { Finding } from './host/finding.ts';
export type { ReadOnlyFilesystem } from './host/read-only-filesystems.ts';
export type { ShownCertificate } from './image/certificate.ts';
export type { Damage } from './image/manifest.ts';
export type { ImageMetadata } from './image/metadata.ts';
export type { Product, RemoteFile } from './image/product.ts';
export type { Amount, Gauge, OnStage, Stage } from './gauge.ts';
export type { ImageEvent, OnImageEvent } from './image/progress.ts';
export type { ImageInfo, ImageNames, ImageSource, StoredImage } from './image/stored-image.ts';
export type {
  ContainerState,
  HealthStatus,
  MonitorHealth,
  GivenDevice,
  MonitorCgroup,
  MonitorForward,
  MonitorInfo,
  MonitorInterface,
} from './monitor/protocol.ts';
export type { LinkCounts } from './native/binding.ts';
export type { Lease } from './network/dnsmasq.ts';
export type { HostNames, HostResolver } from './network/host-names.ts';
export type { BridgeNames } from './network/served-names.ts';
export type { Obstacle } from './network/other-firewalls.ts';
export type { Reservation, Reserved } from './network/reservations.ts';
export type { BridgeStatus } from './network/service.ts';
export type { SystemConfig } from './config/model.ts';
export type { UpdatedFile } from './config/update.ts';
export { loadSystemConfig } from './config/system.ts';
export type { Elevation } from './plan/attach.ts';
export type { Namespace, StartPlan } from './plan/types.ts';
export type { BackendName, VolumeOptions } from './storage/backend.ts';
export type { CloudInit } from './storage/cloud-init.ts';
export type { Change } from './storage/diff.ts';
