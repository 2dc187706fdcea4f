/** Runs a command in a container and collects what it prints: for programs, where tlxc-attach is for people. */
import { openSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { native, type AttachedProcess } from '../native/binding.ts';
import { NO_ELEVATION, type AttachOptions } from '../plan/attach.ts';
import { attachToContainer, type AttachStreams, type AttachTarget } from './attach.ts';

export interface ExecOptions {
  /** Inside the container; 0 unless given. */
  readonly uid?: number;
  readonly gid?: number;
  /** Working directory inside; / unless given, and where it does not exist. */
  readonly cwd?: string;
  /** Added to PATH, container=lxc and the container's own lxc.environment. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ExecResult {
  /** The command's exit status; 128 + the number of the signal that ended it; 126, 127: it could not be run. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function readAll(fd: number): Promise<string> {
  const chunks: Buffer[] = [];
  for (;;) {
    const { buffer, bytesRead } = await promisify(read)(fd, Buffer.alloc(65536), 0, 65536, null);
    if (bytesRead === 0) return Buffer.concat(chunks).toString();
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

/** waitpid's status as a shell tells it. */
function exitCodeOf(waitStatus: number): number {
  const signal = waitStatus & 0x7f;
  return signal === 0 ? (waitStatus >> 8) & 0xff : 128 + signal;
}

/** Attaches; this process's copies of the command's streams are closed whether it could be started or not. */
function enter(target: AttachTarget, options: AttachOptions, streams: AttachStreams): AttachedProcess {
  try {
    return attachToContainer(target, options, streams);
  } finally {
    for (const fd of streams.stdio) native().closeFd(fd);
  }
}

/** Why a command could not be started is the caller's error; how it ended is its result. stdin is empty. */
export async function execInContainer(
  { paths, caller }: Pick<AttachTarget, 'paths' | 'caller'>,
  argv: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const { uid = 0, gid = 0, cwd = '/', environment = {} } = options;
  const set = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const plan = {
    ...{ argv, uid, gid, cwd, elevation: NO_ELEVATION, remount: false },
    environment: { base: 'clear', keep: [], set, caller: {} },
  } as const;
  const stdin = openSync('/dev/null', 'r');
  const [stdout, stdoutInside] = native().pipe();
  const [stderr, stderrInside] = native().pipe();
  try {
    const streams = { stdio: [stdin, stdoutInside, stderrInside], rows: 0, columns: 0 } as const;
    const { pid, pidfd } = enter({ paths, program: 'tlxc', caller }, plan, streams);
    native().closeFd(pidfd);
    const [out, error, status] = await Promise.all([
      readAll(stdout),
      readAll(stderr),
      native().waitChild({ pid }),
    ]);
    return { exitCode: exitCodeOf(status), stdout: out, stderr: error };
  } finally {
    for (const fd of [stdout, stderr]) native().closeFd(fd);
  }
}
