/** Kernel settings of a running container's namespaces. The host's own cat and /proc are used: no file of the container's is. */
import { startProgram } from '../../host/program.ts';
import type { Live } from './live.ts';

const SECONDS = '2';

/** What /proc/sys/PATH holds for a process in these namespaces. */
async function read(pid: number, path: string): Promise<string | undefined> {
  const lines: string[] = [];
  // Who is not root owns the user namespace, and has the others through it.
  const user = process.geteuid?.() === 0 ? [] : ['--user', '--preserve-credentials'];
  const enter = ['nsenter', '--target', String(pid), ...user, '--uts', '--ipc', '--net'];
  const program = startProgram(['timeout', SECONDS, ...enter, '--', 'cat', `/proc/sys/${path}`], {
    stdout: (line) => void lines.push(line),
  });
  const { status } = await program.ended;
  return status === 0 ? lines.join(' ') : undefined;
}

export const sysctlKeys: Readonly<Record<string, Live>> = {
  'lxc.uts.name': ({ pid }) => read(pid, 'kernel/hostname'),
  'lxc.sysctl.*': ({ pid }, { key }) => read(pid, key.slice('lxc.sysctl.'.length).replaceAll('.', '/')),
};
