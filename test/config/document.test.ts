import test from 'ava';
import { ConfigDocument, parseLine } from '../../src/config/document.ts';
import { TlxcError } from '../../src/errors.ts';

const ODD = [
  '# a comment\r\n',
  '\n',
  '  lxc.tty.max=4\t\n',
  '\tlxc.uts.name = "a b"  \r\n',
  'this is no key\n',
  'lxc.without.equals\n',
  'lxc.cap.drop = mknod\n',
  'lxc.cap.drop =   sys_time # not a comment\n',
  'lxc.last = 1',
].join('');

const edited = (edit: (document: ConfigDocument) => void, text = ODD): string => {
  const document = ConfigDocument.parse(text, 'config');
  edit(document);
  return document.toString();
};

test('what is not edited comes back byte for byte', (t) => {
  for (const text of ['', '\n', '\r\n', 'x', '\ufefflxc.a = 1\n', '\n\n\n', 'lxc.a = 1\r', ODD]) {
    t.is(
      edited(() => undefined, text),
      text,
    );
  }
});

test('a value loses its blanks and one pair of quotes', (t) => {
  const values = {
    'lxc.a=b': 'b',
    'lxc.a = "b c"': 'b c',
    "lxc.a = 'b": "'b",
    'lxc.a =': '',
    'lxc.a = "\'x\'"': "'x'",
  };
  for (const [line, value] of Object.entries(values))
    t.deepEqual(parseLine(line), { kind: 'entry', key: 'lxc.a', value });
  t.is(parseLine('  # lxc.a = b').kind, 'comment');
  t.is(parseLine('lxc.a').kind, 'malformed');
  t.is(parseLine('xlc.a = b').kind, 'foreign');
});

test('entries know their lines', (t) => {
  const document = ConfigDocument.parse(ODD, 'config');
  t.deepEqual(
    document.entries().map(({ key, line }) => `${line} ${key}`),
    ['3 lxc.tty.max', '4 lxc.uts.name', '7 lxc.cap.drop', '8 lxc.cap.drop', '9 lxc.last'],
  );
  t.deepEqual(document.values('lxc.cap.drop'), ['mknod', 'sys_time # not a comment']);
});

test('set edits a line in place and keeps how it is written', (t) => {
  t.is(
    edited((document) => document.set('lxc.tty.max', '6')),
    ODD.replace('  lxc.tty.max=4\t\n', '  lxc.tty.max=6\n'),
  );
  t.is(
    edited((document) => document.set('lxc.uts.name', 'c')),
    ODD.replace('\tlxc.uts.name = "a b"  \r\n', '\tlxc.uts.name = c\r\n'),
  );
  t.is(
    edited((document) => document.set('lxc.tty.max', '4')),
    ODD,
  );
});

test('set leaves one line of a key, the last', (t) => {
  t.is(
    edited((document) => document.set('lxc.cap.drop', 'chown')),
    ODD.replace('lxc.cap.drop = mknod\n', '').replace('  sys_time # not a comment', '  chown'),
  );
});

test('append follows the last line of the key, or ends the file', (t) => {
  t.is(
    edited((document) => document.append('lxc.cap.drop', 'chown')),
    ODD.replace('not a comment\n', 'not a comment\nlxc.cap.drop = chown\n'),
  );
  t.is(
    edited((document) => document.append('lxc.new', '1')),
    `${ODD}\nlxc.new = 1\n`,
  );
  t.is(
    edited((document) => document.append('lxc.new', '1'), 'lxc.a = 1\r\n'),
    'lxc.a = 1\r\nlxc.new = 1\r\n',
  );
  t.is(
    edited((document) => document.append('lxc.new', ''), ''),
    'lxc.new =\n',
  );
});

test('remove takes all lines of a key, or those of one value', (t) => {
  const document = ConfigDocument.parse(ODD, 'config');
  t.is(document.remove('lxc.cap.drop', 'mknod'), 1);
  t.deepEqual(document.values('lxc.cap.drop'), ['sys_time # not a comment']);
  t.is(document.remove('lxc.cap.drop'), 1);
  t.is(document.remove('lxc.cap.drop'), 0);
});

test('a value is read back as it was given', (t) => {
  for (const value of ['', 'a', ' a ', '"a"', "'a'", '"', 'a "b"', ' "x" ', '#', 'a=b']) {
    const text = edited((document) => document.set('lxc.a', value), '');
    t.deepEqual(ConfigDocument.parse(text, 'config').values('lxc.a'), [value]);
  }
});

test('a value cannot smuggle in a second line', (t) => {
  t.throws(() => edited((document) => document.set('lxc.a', 'b\nlxc.hook.start = /evil')), {
    instanceOf: TlxcError,
  });
  t.throws(() => edited((document) => document.append('lxc.a', 'b\0')), { instanceOf: TlxcError });
  t.throws(() => edited((document) => document.comment('b\nlxc.a = 1')), { instanceOf: TlxcError });
});
