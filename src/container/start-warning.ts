/** What the monitor tells (data) of a step that failed and did not stop the start, as a sentence. */
import { errnoName } from '../errno.ts';
import type { StepFailure } from '../monitor/protocol.ts';

const WORDS: readonly (readonly [step: RegExp, words: (failed: StepFailure) => string])[] = [
  [
    /^seccomp$/,
    ({ path }) => `no system call is called ${path}, the rule is passed over: look for a slip of the pen`,
  ],
  [
    /^seccomp notify$/,
    ({ path, errno }) =>
      `lxc.seccomp.notify.proxy: nobody answers at ${path} (${errnoName(errno)}); calls with the action notify get ENOSYS until somebody does`,
  ],
];

export function startWarning(failed: StepFailure): string {
  const { step, syscall, path, file, line } = failed;
  const words = WORDS.find(([steps]) => steps.test(step))?.[1](failed);
  const sentence = words ?? `${step} failed: ${[syscall, path].filter(Boolean).join(' ')}`;
  return file === '' ? sentence : `${file}:${line}: ${sentence}`;
}
