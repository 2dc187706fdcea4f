/** The smallest system that boots: a statically linked busybox as init, shell and tools. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { execFileSync, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const directories = ['bin', 'dev', 'etc', 'lib', 'mnt', 'proc', 'root', 'run', 'sys', 'tmp', 'usr', 'var'];

/** busybox's init: does nothing on boot, ends on SIGUSR1 (halt), SIGUSR2 (poweroff), SIGTERM (reboot). */
const inittab = '::sysinit:/bin/true\n::shutdown:/bin/true\n';

/** Needed in a container's configuration to stop and reboot it. */
export const busyboxSignals: readonly string[] = ['lxc.signal.halt = SIGUSR1', 'lxc.signal.reboot = SIGTERM'];

let listed: readonly string[] | undefined;

/** Where busybox is, and the names of what it can do. */
function listBusybox(): readonly string[] {
  const { stdout } = spawnSync('sh', ['-c', 'command -v busybox; busybox --list'], { encoding: 'utf8' });
  return stdout.trim().split('\n');
}

/** Fills the directory, which need not exist. */
export function makeBusyboxRootfs(rootfs: string): void {
  for (const name of directories) mkdirSync(join(rootfs, name), { recursive: true });
  const [busybox = '', ...applets] = (listed ??= listBusybox());
  copyFileSync(busybox, join(rootfs, 'bin/busybox'));
  for (const applet of applets.filter((name) => name !== 'busybox')) {
    symlinkSync('busybox', join(rootfs, 'bin', applet));
  }
  for (const alias of ['sbin', 'usr/bin', 'usr/sbin']) {
    symlinkSync(alias.includes('/') ? '../bin' : 'bin', join(rootfs, alias));
  }
  writeFileSync(join(rootfs, 'etc/inittab'), inittab);
  writeFileSync(
    join(rootfs, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\n',
  );
  writeFileSync(join(rootfs, 'etc/group'), 'root:x:0:\nuser:x:1000:\n');
}

/** The smallest distribution, as an archive. */
export function busyboxTar(): Buffer {
  const root = mkdtempSync(join(tmpdir(), 'tlxc-base-'));
  try {
    makeBusyboxRootfs(root);
    execFileSync('chmod', ['755', root]);
    return execFileSync('tar', ['-C', root, '--owner=0', '--group=0', '-cf', '-', '.'], {
      maxBuffer: 1 << 26,
    });
  } finally {
    rmSync(root, { recursive: true });
  }
}
