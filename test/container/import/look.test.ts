/** Which files of a container's directory an archive brings along. */
import test from 'ava';
import { FILES } from '../../../src/container/export/format.ts';
import { ownFilesIn } from '../../../src/container/import/look.ts';

test("files of the container's own come with it; notes on volumes, clones and unfinished work do not", (t) => {
  const own = ['hook.sh', 'notes.tlxc-', 'config.d', 'fstab'];
  const left = [
    ...['.', '..', 'config', 'rootfs', 'snaps', 'overlay', 'partial', 'lxc_snapshots', 'lxc_rdepends'],
    ...['.tlxc-volume', '.tlxc-restored', '.tlxc-\n', 'a/b', ''],
  ];
  const texts = new Map([...own, ...left].map((name) => [`${FILES}${name}`, Buffer.from(name)]));
  texts.set('etc/vzdump/pct.conf', Buffer.from(''));
  t.deepEqual([...ownFilesIn({ archive: 'u1.tar', kind: 'own', texts, devices: [] }).keys()], own);
});
