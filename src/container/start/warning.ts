/** What the monitor tells (data) of a step that failed and did not stop the start, as a sentence. */
import { errnoName, errnoWords } from '../../errno.ts';
import type { StepFailure } from '../../monitor/protocol.ts';

const WORDS: Readonly<Record<string, (failed: StepFailure) => string>> = {
  syslog: ({ path, syscall, errno }) =>
    `lxc.log.syslog: nothing can be sent to ${path} (${syscall})${reason(errno)}`,
  journal: ({ path, syscall, detail, errno }) =>
    `what its console prints is not kept (tlxc-logs): ${path} ${detail === 'not-ours' ? "is another user's, or others may write to it" : `(${syscall})${reason(errno)}`}`,
  seccomp: ({ path }) => `no system call is called ${path}, this rule does nothing`,
  'seccomp notify': ({ path, errno }) =>
    `lxc.seccomp.notify.proxy: nobody answers at ${path}${reason(errno)}; calls with the action notify get ENOSYS until somebody does`,
};

const reason = (errno: number): string => (errno === 0 ? '' : `: ${errnoWords(errnoName(errno))}`);

export function startWarning(failed: StepFailure): string {
  const { step, syscall, path, errno, file, line } = failed;
  const sentence = WORDS[step]?.(failed) ?? `${step}: ${path} (${syscall})${reason(errno)}`;
  return file === '' ? sentence : `${file}:${line}: ${sentence}`;
}
