import { chownSync, existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StartPlan } from '../../src/plan/types.ts';
import { requires } from '../rig/requires.ts';
import { makePlan } from './plan.ts';
import { makePlace, runPlan, type Place } from './run.ts';

const overlaid = requires('root', 'userns', 'idmap', 'overlay', 'busybox');

const layers = ({ scratch, rootfs }: Place) => ({
  ...{ kind: 'overlay' as const, source: '', lower: [{ source: rootfs, fstype: '' }] },
  upper: join(scratch, 'changes: of, x1', 'delta'),
  work: join(scratch, 'changes: of, x1', 'work'),
});

for (const unprivileged of [true, false]) {
  const kind = unprivileged ? 'unprivileged' : 'privileged';

  overlaid(`${kind}: changes go to the upper layer, with unshifted ids on disk`, async (t) => {
    const place = makePlace(t);
    const rootfs = layers(place);
    mkdirSync(join(place.scratch, 'changes: of, x1'));
    chownSync(join(place.rootfs, 'etc/group'), 8, 9);
    const script =
      'stat -c %u:%g /etc/group > /new; chown 5:6 /new; echo more >> /etc/passwd; rm /etc/inittab';
    const change = (plan: StartPlan) => void Object.assign(plan.rootfs, rootfs);
    const { failure } = await runPlan(
      makePlan({ ...place, argv: ['/bin/sh', '-c', script], unprivileged, change }),
    );
    t.is(failure, undefined);
    const inUpper = (path: string) => join(rootfs.upper, path);
    t.is(readFileSync(inUpper('new'), 'utf8'), '8:9\n', 'the lower layer is seen with its own ids');
    t.like(lstatSync(inUpper('new')), { uid: 5, gid: 6 });
    t.like(lstatSync(inUpper('etc/passwd')), { uid: 0, gid: 0 });
    t.true(lstatSync(inUpper('etc/inittab')).isCharacterDevice(), 'a whiteout');
    t.false(
      readFileSync(join(place.rootfs, 'etc/passwd'), 'utf8').includes('more'),
      'the lower layer is untouched',
    );
    t.true(existsSync(join(place.rootfs, 'etc/inittab')));
  });
}

overlaid('a lower layer that does not exist is named', async (t) => {
  const place = makePlace(t);
  mkdirSync(join(place.scratch, 'changes: of, x1'));
  const change = (plan: StartPlan) =>
    void Object.assign(plan.rootfs, {
      ...layers(place),
      lower: [{ source: '/nonexistent/lower', fstype: '' }],
    });
  const { failure } = await runPlan(makePlan({ ...place, argv: ['/bin/true'], change }));
  t.like(failure, { step: 'rootfs overlay', errno: 2, path: '/nonexistent/lower', key: 'lxc.rootfs.path' });
});
