/** A failed start as the monitor tells it (data) becomes the error a person reads. */
import { errnoName } from '../errno.ts';
import { TlxcError, type ErrorCode } from '../errors.ts';
import { failureHint, type FailedMessage } from './failure-hints.ts';

/** What each step does, completed by the path it worked on. */
const STEPS: Readonly<Record<string, string>> = {
  cgroup: 'cannot make the control group',
  namespaces: 'cannot make the namespaces',
  namespace: 'cannot enter the namespace',
  idmap: 'cannot map the ids of the container',
  rootfs: 'cannot attach the root filesystem',
  mount: 'cannot mount',
  device: 'cannot make the device',
  devices: 'cannot make the device',
  network: 'cannot set up the network',
  seccomp: 'cannot install the seccomp filter',
  capabilities: 'cannot drop capabilities',
  terminals: 'cannot open the terminal',
  console: 'cannot open the console',
  init: 'cannot run the init program',
  exec: 'cannot run the init program',
  pivot: 'cannot make the root filesystem the root',
};

function sentence({ step, path, syscall, detail }: FailedMessage): string {
  const what =
    STEPS[step] ?? (step.startsWith('hook') ? `the ${step.slice('hook'.length).trim()} hook failed` : step);
  const object = path ? ` ${path}` : '';
  const how = [syscall, detail].filter(Boolean).join(', ');
  return `${what.trim()}${object}${how ? ` (${how})` : ''}`;
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  'already-running': 'TLXC_E_RUNNING',
  network: 'TLXC_E_NETWORK',
  rootfs: 'TLXC_E_STORAGE',
};

/** The error of a start of container `name` that failed as `failed` tells. */
export function startFailure(name: string, failed: FailedMessage): TlxcError {
  if (failed.step === 'already-running') {
    return new TlxcError({
      code: 'TLXC_E_RUNNING',
      message: 'Container is already running',
      container: name,
    });
  }
  const errno = failed.errno === 0 ? undefined : errnoName(failed.errno);
  const hint = failureHint(failed, errno ?? '');
  const code = CODES[failed.step] ?? (failed.step.startsWith('hook') ? 'TLXC_E_HOOK' : 'TLXC_E_SYSCALL');
  return new TlxcError({
    code,
    message: sentence(failed),
    container: name,
    step: failed.step,
    ...(failed.syscall && { syscall: failed.syscall }),
    ...(errno && { errno }),
    ...(failed.path && { path: failed.path }),
    ...(failed.key && { where: { file: failed.file, line: failed.line, key: failed.key } }),
    ...(hint && { hint }),
  });
}
