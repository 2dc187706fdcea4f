/**
 * The systemd of a logged-in user, asked over D-Bus by systemd's own busctl(1), which is wherever it is. It may make
 * control groups where users may not, and have processes moved into them that the user may not move.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { TlxcError } from '../errors.ts';

const BUSCTL = '/usr/bin/busctl';
const TIMEOUT_S = 5;
const SERVICE = 'org.freedesktop.systemd1';
const MANAGER = [SERVICE, '/org/freedesktop/systemd1', `${SERVICE}.Manager`] as const;

/** Whether there is a bus, and something to ask with. */
export function hasUserManager(environment: Environment): boolean {
  const socket = join(environment['XDG_RUNTIME_DIR'] || '/nonexistent', 'bus');
  return existsSync(BUSCTL) && (Boolean(environment['DBUS_SESSION_BUS_ADDRESS']) || existsSync(socket));
}

function ask(environment: Environment, words: readonly string[]): string {
  const names = ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'];
  const env = Object.fromEntries(
    names.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])),
  );
  const argv = ['--user', `--timeout=${TIMEOUT_S}`, ...words];
  const { status, stdout, stderr, error } = spawnSync(BUSCTL, argv, {
    encoding: 'utf8',
    env,
    timeout: 2 * TIMEOUT_S * 1000,
  });
  if (status === 0) return stdout;
  throw new TlxcError({
    code: 'TLXC_E_SYSCALL',
    message: `the user's systemd does not do what it is asked (${words[0]} ${words.at(4) ?? ''}): ${error?.message ?? stderr.trim()}`,
    hint: 'see systemctl --user status',
  });
}

/** Its own control group, "/user.slice/user-1000.slice/user@1000.service". Throws TLXC_E_SYSCALL. */
export function managerGroup(environment: Environment): string {
  const answer = ask(environment, ['get-property', ...MANAGER, 'ControlGroup']);
  return /^s "(.*)"$/m.exec(answer)?.[1] ?? '';
}

/** Where scopes are made, below managerGroup. */
export const SCOPES = 'app.slice';

/** What stops the user's containers in order when the user's systemd ends: config/systemd/user. */
const AUTOSTART = 'tlxc.service';

/** Makes a scope around a process, delegated to the user; the process is moved a moment later. Throws TLXC_E_SYSCALL. */
export function startScope(environment: Environment, unit: string, pid: number): void {
  const properties = [
    ...['Description', 's', `TLXC container ${unit}`, 'Slice', 's', SCOPES, 'Delegate', 'b', 'true'],
    // Units end in the opposite order: a scope, whose processes are then killed, after that.
    ...['Before', 'as', '1', AUTOSTART],
    ...['CollectMode', 's', 'inactive-or-failed', 'PIDs', 'au', '1', String(pid)],
  ];
  const signature = 'ssa(sv)a(sa(sv))';
  ask(environment, [
    'call',
    ...MANAGER,
    'StartTransientUnit',
    signature,
    unit,
    'fail',
    '6',
    ...properties,
    '0',
  ]);
}

/** Moves a process into a group below a scope's. Throws TLXC_E_SYSCALL. */
export function attachToUnit(environment: Environment, unit: string, group: string, pid: number): void {
  ask(environment, ['call', ...MANAGER, 'AttachProcessesToUnit', 'ssau', unit, group, '1', String(pid)]);
}
