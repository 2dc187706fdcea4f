/** A Debian root filesystem with systemd, made from Debian's archive once and kept in the cache. */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { debianMirror, debianTarOf, type DebianRelease } from './cache.ts';

const packages = 'systemd-sysv,dbus,iproute2,procps,iputils-ping,util-linux,netbase,ifupdown,login,passwd';

/** Run by mmdebstrap as sh -c HOOK exec ROOT. What a container image of the distributions does, too: DHCP on eth0, no name of the machine it was made on. */
const customize = String.raw`
set -e
root="$1"
printf '[Match]\nName=eth0\n\n[Network]\nDHCP=yes\n' > "$root/etc/systemd/network/eth0.network"
chroot "$root" systemctl --quiet enable systemd-networkd
rm -f "$root/etc/hostname" "$root/etc/resolv.conf" "$root/etc/machine-id"
: > "$root/etc/machine-id"
`;

/** The tar archive's path; makes it (about a minute) when it is not there yet. Throws with mmdebstrap's own words. */
export function debianRootfsTar(release: DebianRelease = 'bookworm'): string {
  const debianTar = debianTarOf(release);
  if (existsSync(debianTar)) return debianTar;
  mkdirSync(dirname(debianTar), { recursive: true });
  const partial = `${debianTar}.${process.pid}.tar`;
  const args = ['--variant=minbase', '--quiet', `--include=${packages}`, `--customize-hook=${customize}`];
  const made = spawnSync('mmdebstrap', [...args, release, partial, debianMirror], { encoding: 'utf8' });
  if (made.status !== 0) {
    rmSync(partial, { force: true });
    throw new Error(`mmdebstrap failed: ${made.error?.message ?? made.stderr}`);
  }
  renameSync(partial, debianTar);
  return debianTar;
}
