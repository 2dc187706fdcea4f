/** The image store of a plain user: files of subordinate ids, seen through the user's own mapping. */
import { join } from 'node:path';
import { requires } from '../../rig/requires.ts';
import { makeUser } from '../../rig/user.ts';

const rooted = requires('root', 'userns', 'overlay', 'users', 'busybox');

rooted(
  'a user lists, verifies, exports, imports and prunes images, and containers keep theirs',
  async (t) => {
    const user = await makeUser(t);
    await user.sh(`echo 'lxc.net.0.type = empty' > seed; tlxc-create -n c1 -f seed -t busybox`);
    t.regex(
      await user.sh('tlxc-image list'),
      /^busybox +\d{4}-.* KiB +.* c1 +template busybox$|^busybox .*MiB .* c1 +template busybox$/m,
    );
    t.regex(await user.sh('tlxc-image verify'), /^busybox [0-9a-f]{12}: sound/);
    await user.sh('tlxc-image export busybox out.tar.zst out.meta.tar.xz');
    // As a container sees them: root's.
    t.regex(
      await user.sh('zstd -dcq out.tar.zst | tar -tv --numeric-owner'),
      /^[-d]\S+ 0\/0 .* \.\/bin\/busybox$/m,
    );
    t.is(await user.sh('tlxc-image prune --all 2>&1'), '0 removed, 0.0 KiB\n');
    // A copy lies over the image as its source does, and keeps it when that is gone.
    await user.sh('tlxc-copy -n c1 -N c2; tlxc-destroy -n c1');
    t.is(await user.sh('tlxc-image prune --all 2>&1'), '0 removed, 0.0 KiB\n');
    await user.sh(
      'tlxc-start -n c2 2>/dev/null; tlxc-attach -n c2 -- true; tlxc-stop -k -n c2; tlxc-destroy -n c2',
    );
    t.regex(await user.sh('tlxc-image prune --all'), /^busybox /);
    await user.sh('tlxc-image import out.tar.zst out.meta.tar.xz --alias mine');
    await user.sh('tlxc-create -n c3 -f seed -t local -- --image mine');
    await user.sh('tlxc-start -n c3 2>/dev/null; tlxc-attach -n c3 -- true; tlxc-stop -k -n c3');
    const trees = join(user.home, '.cache/tlxc/ids-*/images/*/rootfs');
    await user.world.sh(`for tree in ${trees}; do touch $tree/etc/planted; done`);
    const { code, stdout } = await user.run('tlxc-image', 'verify');
    t.is(code, 1);
    t.regex(stdout, /\/etc\/planted: added/);
  },
);

const squashfs = requires('root', 'userns', 'overlay', 'users', 'squashfs');

squashfs('a user imports a squashfs image', async (t) => {
  const user = await makeUser(t);
  await user.sh(`mkdir -p tree/etc tree/sbin; echo one > tree/etc/file; touch tree/sbin/init
    mksquashfs tree one.squashfs -all-root -quiet -no-progress 2>/dev/null >&2
    chmod 600 one.squashfs; tlxc-image import one.squashfs --alias one
    echo 'lxc.net.0.type = empty' > seed; tlxc-create -n c1 -f seed -t local -- --image one`);
  t.regex(await user.sh('tlxc-image verify'), /^one [0-9a-f]{12}: sound, 5 members/);
  const file = join(user.home, '.cache/tlxc/ids-*/images/*/rootfs/etc/file');
  t.regex(await user.world.sh(`stat -c %u ${file}`), /^[1-9]\d{4,}\n$/);
});
