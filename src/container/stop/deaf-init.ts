/** A halt signal that would be lost: the kernel gives PID 1 no signal that it has no handler for. */
import { readFileSync } from 'node:fs';
import { loadContainerConfig } from '../../config/load.ts';
import type { Environment } from '../../environment.ts';
import { TlxcError } from '../../errors.ts';
import { askMonitor } from '../../monitor/client.ts';
import type { MonitorInfo } from '../../monitor/protocol.ts';
import type { ContainerPaths } from '../paths.ts';

interface Reading {
  readonly configFile?: string | undefined;
  readonly environment: Environment;
}

/** The line's mask of signals, in /proc/PID/status. */
const maskIn = (status: string, name: string): bigint =>
  BigInt(`0x${new RegExp(`^${name}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0'}`);

/**
 * Whether init neither handles the signal that lxc.signal.halt names nor waits for it (signalfd): a program that is no init, as
 * in containers of OCI images. false where no line names one, where lxc.init.cmd is not set, or it cannot be found out.
 */
export function ignoresHalt(
  paths: ContainerPaths,
  { configFile = paths.config, environment }: Reading,
): boolean {
  const { name, lxcpath } = paths;
  try {
    const { signals, init } = loadContainerConfig({ name, lxcpath, configFile, environment });
    // An init of a system may wait in sigtimedwait, as busybox' does: what it waits for shows in no mask.
    if (init.cmd === undefined) return false;
    const info = askMonitor(paths, { op: 'info' });
    if (signals.halt === undefined || info.kind !== 'answer' || !info.reply.ok) return false;
    const status = readFileSync(`/proc/${(info.reply as MonitorInfo).initPid}/status`, 'utf8');
    const heard = maskIn(status, 'SigCgt') | maskIn(status, 'SigBlk');
    return (heard & (1n << BigInt(signals.halt.value - 1))) === 0n;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (error instanceof TlxcError || code === 'ENOENT' || code === 'ESRCH') return false;
    throw error;
  }
}
