/** The index of an archive: what is none is refused in words. */
import test from 'ava';
import { TlxcError } from '../../../src/errors.ts';
import { contentOf } from '../../../src/container/import/content.ts';

const INDEX = {
  format: 1,
  name: 'c1',
  directory: '/old/c1',
  architecture: 'x86_64',
  created: '',
  privileged: false,
};
const lookAt = (index: unknown) =>
  contentOf({
    archive: 'u1.tar',
    kind: 'own',
    texts: new Map([['tlxc/index.json', Buffer.from(JSON.stringify(index))]]),
    devices: [],
  });

test('an index says which snapshots there are, each once, by a name', (t) => {
  t.is(lookAt({ ...INDEX, snapshots: [{ name: 'snap0' }, { name: 'snap1' }] }).kind, 'own');
  for (const snapshots of [
    ...[[null], [5], [{ name: 5 }], [{}], [{ name: '..' }], [{ name: 'a/b' }], {}, null],
    [{ name: 'snap0' }, { name: 'snap0' }],
  ]) {
    const error = t.throws(() => lookAt({ ...INDEX, snapshots }), { instanceOf: TlxcError });
    t.is(error.code, 'TLXC_E_IMAGE', JSON.stringify(snapshots));
  }
  for (const index of [
    null,
    5,
    [],
    { ...INDEX, name: 5, snapshots: [] },
    { ...INDEX, directory: 'x', snapshots: [] },
  ])
    t.throws(() => lookAt(index), { instanceOf: TlxcError });
});
