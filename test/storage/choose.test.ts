import { tmpdir } from 'node:os';
import test from 'ava';
import type { HostFacts } from '../../src/host/facts.ts';
import { TlxcError } from '../../src/errors.ts';
import type { VolumeOptions } from '../../src/storage/backend.ts';
import { chooseBackend } from '../../src/storage/choose.ts';

const host = (over: Partial<HostFacts>) =>
  ({
    user: null,
    nested: null,
    overlay: true,
    overlayOnIdmapped: true,
    kernelRelease: '5.10.0',
    ...over,
  }) as HostFacts;
const choose = async (asked: string | null, over: Partial<HostFacts> = {}, idmapped = true) =>
  (await chooseBackend({ asked, options: {}, settings: {}, idmapped, host: host(over), lxcpath: tmpdir() }))
    .name;

test('the best that the host can do', async (t) => {
  t.is(await choose(null), 'overlay');
  t.is(await choose('best', { overlay: false }), 'dir');
  t.is(await choose('best', { overlayOnIdmapped: false }), 'dir');
  t.is(await choose('best', { overlayOnIdmapped: false }, false), 'overlay');
});

test('an option that it has not, or a filesystem that nobody has: what to do about that, not about the backend', async (t) => {
  const hintOf = async (asked: string, options: VolumeOptions): Promise<string | undefined> => {
    const choice = { asked, options, settings: {}, idmapped: true, host: host({}), lxcpath: tmpdir() };
    const error = await t.throwsAsync<TlxcError>(() => chooseBackend(choice), { instanceOf: TlxcError });
    return error.details.hint;
  };
  t.is(await hintOf('dir', { vgname: 'x' }), 'leave that away, or take a backing store that has it (-B)');
  t.is(await hintOf('loop', { fstype: 'minix' }), 'ask for one of these (--fstype)');
});

test('by name, by prefix, by the first of a list that can be', async (t) => {
  t.is(await choose('dir'), 'dir');
  t.is(await choose('over'), 'overlay');
  t.is(await choose('zfs,btrfs,dir'), 'dir');
});

test('what cannot be is refused by name', async (t) => {
  await t.throwsAsync(() => choose('lvm'), {
    message: /backing store lvm cannot be used: lvcreate is not installed|there is no volume group/,
  });
  await t.throwsAsync(() => choose('nosuch'), { message: /nosuch is not a valid backing storage type/ });
  await t.throwsAsync(() => choose('overlay', { overlayOnIdmapped: false }), { message: /idmapped layers/ });
});
