/** What a person may write for a stored image of a registry. */
import test from 'ava';
import { findStored } from '../../src/image/find-stored.ts';
import type { ImageStore } from '../../src/image/store.ts';

const TITLES = [
  'docker://docker.io/library/debian:12',
  'docker://docker.io/library/debian:latest',
  'http://h:5000/a/b:latest',
];

const store = {
  list: () =>
    TITLES.map((reference, index) => ({
      info: {
        id: String(index).repeat(64),
        createdAt: 0,
        source: { kind: 'oci', reference, platform: 'linux/amd64' },
      },
    })),
} as unknown as ImageStore;

const found = (word: string): number => Number(findStored(store, word).info.id[0]);

test('an image of a registry is found as it was pulled, as it is called in full, and as the list shows it', (t) => {
  for (const [index, words] of [
    ['docker://debian:12', 'docker://docker.io/library/debian:12', 'docker.io/library/debian:12'],
    ['docker://debian', 'docker://library/debian', 'docker.io/library/debian:latest'],
    ['http://h:5000/a/b', 'http://h:5000/a/b:latest'],
  ].entries())
    for (const word of words) t.is(found(word), index, word);
  t.throws(() => found('docker://debian:11'), { message: 'the store has no image "docker://debian:11"' });
  t.throws(() => found('docker://A B'), { code: 'TLXC_E_USAGE' });
});
