import test from 'ava';
import { isOnlyNoted } from '../../../src/container/export/export.ts';

const overlay = { running: false, rootfs: { kind: 'overlay', upper: '/c1/overlay/delta' } } as const;
const changed = ['tar: ./srv: file changed as we read it', 'tar: ./etc/ünd so: file changed as we read it'];

test('what overlayfs notes while it is read spoils no export', (t) => {
  t.true(isOnlyNoted(overlay, 1, changed));
});

test('anything else that tar complains of does, and any change of what could really change', (t) => {
  t.false(isOnlyNoted(overlay, 1, [...changed, 'tar: ./srv/x: File removed before we read it']));
  t.false(isOnlyNoted(overlay, 1, []));
  t.false(isOnlyNoted(overlay, 2, changed));
  t.false(isOnlyNoted(overlay, null, changed));
  t.false(isOnlyNoted({ ...overlay, running: true }, 1, changed));
  t.false(isOnlyNoted({ ...overlay, rootfs: { kind: 'bind', upper: '' } }, 1, changed));
  t.false(isOnlyNoted({ ...overlay, rootfs: { kind: 'overlay', upper: '' } }, 1, changed));
});
