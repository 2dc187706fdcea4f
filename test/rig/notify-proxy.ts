/** A program for lxc.seccomp.notify.proxy: programs/notify-proxy.c says how it answers. */
import type { ExecutionContext } from 'ava';
import { createInterface } from 'node:readline';
import { rigProgram } from './programs.ts';
import type { World } from './world.ts';

export interface NotifyProxy {
  readonly address: string;
  /** What it tells of its next question. */
  readonly line: () => Promise<string>;
  /** Ends it; its socket's file stays. */
  readonly end: () => Promise<void>;
}

/** Resolves once it listens; the end of the test ends it. */
export async function startNotifyProxy(
  t: ExecutionContext,
  world: World,
  address: string,
  ...how: readonly string[]
): Promise<NotifyProxy> {
  const child = world.spawn(rigProgram('notify-proxy'), address, ...how);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const { value, done } = (await lines.next()) as IteratorResult<string, undefined>;
    if (done) throw new Error('the proxy has ended');
    return value;
  };
  await line();
  const end = (): Promise<void> =>
    new Promise((resolve) => {
      child.once('exit', () => {
        resolve();
      });
      if (child.exitCode !== null || child.signalCode !== null) resolve();
      child.kill();
    });
  t.teardown(end);
  return { address, line, end };
}
