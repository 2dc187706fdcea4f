/** The library: what `import … from 'tlxc'` gives. */
export {
  Container,
  type ContainerInfo,
  type CopyOptions,
  type CreateOptions,
  type DestroyOptions,
  type ExportOptions,
  type PushOptions,
  type StartOptions,
  type StopOptions,
  type StoreOptions,
  type WaitOptions,
} from './container/container.ts';
export type { ExecOptions, ExecResult } from './container/exec.ts';
export type { FreezeOptions } from './container/freeze.ts';
export type { WaitCondition } from './container/readiness/condition.ts';
export type { Usage } from './container/usage.ts';
export { TlxcError, type ErrorCode, type ErrorDetails, type SourceLocation } from './errors.ts';
export { Problem, type Fault, type ProblemDetails, type ProblemJson } from './problem.ts';
export type { ContainerState, Event, MonitorInfo } from './monitor/protocol.ts';
export type { SystemConfig } from './config/model.ts';
export { loadSystemConfig } from './config/system.ts';
export type { StartPlan } from './plan/types.ts';
