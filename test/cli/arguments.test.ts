import test from 'ava';
import { parseArguments, type OptionShape } from '../../src/cli/arguments.ts';
import { TlxcError } from '../../src/errors.ts';

const shapes: OptionShape[] = [
  { short: 'n', long: 'name', argument: 'required' },
  { short: 'd', long: 'daemon', argument: 'none' },
  { short: 'F', long: 'foreground', argument: 'none' },
  { short: 'e', long: 'elevated-privileges', argument: 'optional' },
  { short: '', long: 'share-net', argument: 'required' },
  { short: '', long: 'share-pid', argument: 'required' },
  { short: '?', long: '', argument: 'none' },
];

function parse(...argv: string[]): { options: string[]; words: string[] } {
  const words: string[] = [];
  const options = [...parseArguments(argv, shapes, words)].map(
    ({ shape, value }) => (shape.long || shape.short) + (value === null ? '' : `=${value}`),
  );
  return { options, words };
}

const mistake = (...argv: string[]): string => {
  try {
    parse(...argv);
    return 'none';
  } catch (error) {
    return error instanceof TlxcError ? error.message : String(error);
  }
};

test('options may stand anywhere before --, everything after it is a word', (t) => {
  t.deepEqual(parse('u1', '-d', 'ls', '-F', '--', '-n', '--x'), {
    options: ['daemon', 'foreground'],
    words: ['u1', 'ls', '-n', '--x'],
  });
});

test('short options group, and take the rest of the group as their argument', (t) => {
  t.deepEqual(parse('-dFnu1', '-'), { options: ['daemon', 'foreground', 'name=u1'], words: ['-'] });
});

test('an optional argument counts only when it is glued', (t) => {
  t.deepEqual(parse('-e', 'CAP'), { options: ['elevated-privileges'], words: ['CAP'] });
  t.deepEqual(parse('-eCAP', '--elev=LSM').options, ['elevated-privileges=CAP', 'elevated-privileges=LSM']);
});

test('an optional argument that is empty is none; a required one is what it is', (t) => {
  t.deepEqual(parse('--elev=', '-e').options, ['elevated-privileges', 'elevated-privileges']);
  t.deepEqual(parse('--name=', '-n', '', '--name', 'a=b').options, ['name=', 'name=', 'name=a=b']);
  t.deepEqual(parse('--name=a\nb=c').options, ['name=a\nb=c']);
});

test('a long option may be abbreviated while it is unambiguous', (t) => {
  t.deepEqual(parse('--na=u1', '--share-n', 'u2').options, ['name=u1', 'share-net=u2']);
});

test('an argument may look like an option', (t) => {
  t.deepEqual(parse('-n', '--daemon').options, ['name=--daemon']);
  t.deepEqual(parse('-dn', '--', '-F'), { options: ['daemon', 'name=--', 'foreground'], words: [] });
});

for (const [argv, expected] of [
  [['--bogus'], "unrecognized option '--bogus'"],
  [['--bogus=1'], "unrecognized option '--bogus=1'"],
  [['--naem=u1'], "unrecognized option '--naem=u1' (did you mean --name?)"],
  [['-Z'], "invalid option -- 'Z'"],
  [['-n'], "option requires an argument -- 'n'"],
  [['--name'], "option '--name' requires an argument"],
  [['--daemon=3'], "option '--daemon' doesn't allow an argument"],
  [['--share=x'], "option '--share=x' is ambiguous; possibilities: '--share-net' '--share-pid'"],
] as const) {
  test(`says what getopt_long says: ${argv.join(' ')}`, (t) => {
    t.is(mistake(...argv), expected);
  });
}

test('what stands before a mistake is seen first', (t) => {
  const seen = parseArguments(['-?', '--bogus'], shapes, []).next();
  t.is(seen.done ? '' : seen.value.shape.short, '?');
});
