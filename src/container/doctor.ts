/** The host, looked at as containers need it: tlxc-doctor, and its fast part when a start fails. */
import type { SystemConfig } from '../config/model.ts';
import { cgroupOptionFindings } from '../host/doctor/cgroup-options.ts';
import { cgroupFindings } from '../host/doctor/cgroups.ts';
import { kernelFindings } from '../host/doctor/kernel.ts';
import { lxcfsFindings } from '../host/doctor/lxcfs.ts';
import { nestedFindings } from '../host/doctor/nested.ts';
import { privilegeFindings } from '../host/doctor/privileges.ts';
import { programFindings } from '../host/doctor/programs.ts';
import { securityModuleFindings } from '../host/doctor/security-modules.ts';
import { filesystemFindings } from '../host/doctor/store.ts';
import type { Finding } from '../host/finding.ts';
import { findLxcfs } from '../host/lxcfs.ts';
import { probeHost } from '../host/probe.ts';
import { lingering, userFindings } from '../host/user-checks.ts';
import { hasUserManager } from '../host/user-manager.ts';
import { looseFindings } from './network/bridge.ts';
import { networkFindings } from '../network/doctor.ts';
import { staleLxcfsFindings } from './stale-lxcfs.ts';
import type { Environment } from '../environment.ts';

export interface Examination {
  readonly system: SystemConfig;
  readonly lxcpath: string;
  /** The caller's: XDG_RUNTIME_DIR. */
  readonly environment: Environment;
}

/** What is known without running a program: files of /proc and /sys, the directories of the store. */
function fastFindings({ lxcpath, environment }: Examination): Finding[] {
  const host = probeHost();
  return [
    ...kernelFindings(host),
    ...(host.user === null ? privilegeFindings() : []),
    ...nestedFindings(host),
    ...cgroupFindings(host, environment),
    ...cgroupOptionFindings(),
    ...securityModuleFindings(host),
    ...(host.user === null ? [] : userFindings(host.user, environment)),
    ...(host.user !== null && hasUserManager(environment) ? lingering(host.user) : []),
    ...filesystemFindings('containers', lxcpath, host),
  ];
}

/** Everything, in the order in which a start would need it. */
export async function examineHost(examination: Examination): Promise<Finding[]> {
  const lxcfs = findLxcfs();
  return [
    ...fastFindings(examination),
    ...programFindings(probeHost().uid === 0),
    ...lxcfsFindings(lxcfs),
    ...staleLxcfsFindings(examination, lxcfs),
    // Others are not shown the packet filter.
    ...(probeHost().uid === 0
      ? [...(await networkFindings(examination.system)), ...looseFindings(examination)]
      : []),
  ];
}

/** The problems of the fast part: what a failed start may be due to. A few milliseconds. */
export const likelyCauses = (examination: Examination): Finding[] =>
  fastFindings(examination).filter(({ level }) => level === 'problem');
