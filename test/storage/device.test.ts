import test from 'ava';
import { mayShareBlocks } from '../../src/storage/device.ts';

const DEVICE = '/dev/vg/u1';

test('ext4 may have two devices with the same blocks, as long as both are of one size and type', (t) => {
  t.true(mayShareBlocks(DEVICE, { fstype: 'ext4', must: true }, {}));
  t.false(mayShareBlocks(DEVICE, { fstype: 'ext4', must: false }, { fssize: 1 }));
  t.false(mayShareBlocks(DEVICE, { fstype: 'xfs', must: false }, {}));
});

test('where they must share, why they cannot is said, and what to leave out', (t) => {
  const error = t.throws(() => mayShareBlocks(DEVICE, { fstype: 'xfs', must: true }, {}), {
    message: /would have its filesystem's number \(xfs\), and could not be mounted beside it/,
  });
  t.is((error as { hint?: string }).hint, 'make a copy rather than a snapshot (-s)');
  for (const options of [{ fssize: 1 }, { fstype: 'xfs' }])
    t.throws(() => mayShareBlocks(DEVICE, { fstype: 'ext4', must: true }, options), {
      message: 'a snapshot of /dev/vg/u1 has its size and its filesystem, and no others',
    });
});
