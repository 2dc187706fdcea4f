/** lxcfs: whether containers are told their own memory and processors, or the host's. */
import { fine, warning, type Finding } from '../finding.ts';
import { findLxcfs, type Lxcfs } from '../lxcfs.ts';

const WHAT = 'lxcfs';
const WITHOUT = 'free, nproc and uptime tell of the host in containers';

export function lxcfsFindings(lxcfs: Lxcfs = findLxcfs()): Finding[] {
  switch (lxcfs.state) {
    case 'absent':
      return [warning(WHAT, `does not run: ${WITHOUT}`, 'apt-get install lxcfs; systemctl start lxcfs')];
    case 'dead':
      return [
        warning(
          WHAT,
          `has ended, its mount at ${lxcfs.at} is left: ${WITHOUT}, and fail in those that were started before`,
          `umount -l ${lxcfs.at}; systemctl restart lxcfs; and reboot those containers`,
        ),
      ];
    case 'silent':
      return [warning(WHAT, `at ${lxcfs.at} does not answer: ${WITHOUT}`, 'systemctl restart lxcfs')];
    case 'runs':
      return [fine(WHAT, `at ${lxcfs.at}: free, nproc and uptime tell of each container itself`)];
  }
}
