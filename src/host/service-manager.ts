/** systemd, where it runs this process as a service. */
import { startProgram } from './program.ts';
import type { Environment } from '../environment.ts';

/** Tells it that the service is up (Type=notify); nothing where it does not ask. sd_notify(3) */
export async function notifyReady(environment: Environment): Promise<void> {
  const { NOTIFY_SOCKET: socket } = environment;
  if (socket === undefined) return;
  const own = { PATH: '/usr/bin:/bin', NOTIFY_SOCKET: socket };
  await startProgram(['systemd-notify', '--ready'], { environment: own }).ended;
}
