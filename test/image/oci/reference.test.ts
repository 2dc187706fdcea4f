import test from 'ava';
import { parseReference } from '../../../src/image/oci/reference.ts';

const titleOf = (text: string) => parseReference(text, '/work').title;

test('bare names are Docker Hub’s, single ones of its library, latest where no tag is', (t) => {
  t.is(titleOf('docker://debian:12'), 'docker://docker.io/library/debian:12');
  t.is(titleOf('debian'), 'docker://docker.io/library/debian:latest');
  t.is(titleOf('docker://docker.io/debian'), 'docker://docker.io/library/debian:latest');
  t.is(titleOf('docker://bitnami/redis:7.2'), 'docker://docker.io/bitnami/redis:7.2');
});

test('Docker Hub is asked at its real host', (t) => {
  const reference = parseReference('docker://debian:12', '/');
  t.is(reference.kind === 'registry' && reference.base.href, 'https://registry-1.docker.io/');
});

test('the first part is a host where it looks like one', (t) => {
  t.is(titleOf('docker://registry.example.org/a/b:c'), 'docker://registry.example.org/a/b:c');
  t.is(titleOf('docker://localhost/a'), 'docker://localhost/a:latest');
  t.is(titleOf('docker://[::1]:5000/a'), 'docker://[::1]:5000/a:latest');
  const plain = parseReference('http://127.0.0.1:5000/a', '/');
  t.is(plain.kind === 'registry' && plain.base.href, 'http://127.0.0.1:5000/');
});

test('a digest decides where there is one', (t) => {
  const digest = `sha256:${'a'.repeat(64)}`;
  const reference = parseReference(`docker://host.example/a:tag@${digest}`, '/');
  t.is(reference.title, `docker://host.example/a@${digest}`);
});

test('places on this machine, with and without a tag', (t) => {
  t.like(parseReference('oci:images/web:1.0', '/work'), {
    kind: 'oci',
    path: '/work/images/web',
    tag: '1.0',
  });
  t.is(titleOf('oci-archive:/a:b/web.tar'), 'oci-archive:/a:b/web.tar');
});

for (const [text, message] of [
  ['docker://Debian', /is no repository's name/],
  ['docker://a/../b', /is no repository's name/],
  ['docker://debian:', /is no tag/],
  ['docker://debian@sha256:1234', /64 hex digits/],
  ['docker://user@host.example/a', /^host\.example: a user and a password are no part/],
  ['docker://ann:secret@host.example:5000/a@sha256:1234', /^host\.example:5000: (?!.*secret)/],
  ['http://ann:secret@host.example/a', /^host\.example: (?!.*secret)/],
  ['docker-daemon:debian', /another tool/],
  ['ftp://host.example/a', /no transport ftp/],
  ['oci:', /the path is missing/],
] as const) {
  test(`refused: ${text}`, (t) => {
    t.throws(() => parseReference(text, '/'), { message });
  });
}
