import test from 'ava';
import { loadText, problemsOfText } from './scratch.ts';

const IDMAP = 'lxc.idmap = u 0 100000 65536\nlxc.idmap = g 0 100000 65536\n';

const contradictions: readonly (readonly [string, RegExp])[] = [
  ['lxc.namespace.clone = mnt net\nlxc.namespace.keep = ipc\n', /^config:2: .*exclude each other.*config:1/],
  [
    'lxc.namespace.clone = mnt net\nlxc.namespace.share.net = web\n',
    /^config:2: .*share\.net contradicts .*config:1/,
  ],
  ['lxc.namespace.keep = net\nlxc.namespace.share.net = web\n', /^config:2: .*keeps the host's/],
  ['lxc.namespace.keep = mnt\n', /^config:1: lxc\.namespace\.keep has mnt: .*cannot be without/],
  ['lxc.namespace.clone = pid\n', /^config:1: lxc\.namespace\.clone has no mnt/],
  ['lxc.namespace.share.mnt = web\n', /^config:1: lxc\.namespace\.share\.mnt joins that of web/],
  [
    `${IDMAP}lxc.namespace.keep = user\n`,
    /^config:3: lxc\.namespace\.keep has user, but lxc\.idmap at config:1/,
  ],
  [`${IDMAP}lxc.namespace.clone = mnt pid\n`, /^config:3: lxc\.namespace\.clone has no user, but lxc\.idmap/],
  [`${IDMAP}lxc.namespace.share.user = web\n`, /^config:3: .*lxc\.namespace\.share\.user.*lxc\.idmap/],
  ['lxc.namespace.clone = user mnt\n', /^config:1: .*no lxc\.idmap/],
  [
    'lxc.time.offset.boot = 1h\nlxc.namespace.keep = time\n',
    /^config:1: lxc\.time\.offset\.boot needs .*config:2/,
  ],
  [
    'lxc.namespace.clone = mnt\nlxc.time.offset.monotonic = 1h\n',
    /^config:2: .*lxc\.namespace\.clone has no time/,
  ],
  [
    'lxc.net.0.type = none\nlxc.namespace.clone = mnt net\n',
    /^config:1: .*type none .*lxc\.namespace\.clone/,
  ],
];

for (const [text, problem] of contradictions) {
  test(`${text.trim().replaceAll('\n', ', ')} is refused before anything happens`, (t) => {
    const problems = problemsOfText(t, text);
    t.is(problems.length, 1, problems.join('\n'));
    t.regex(problems[0] ?? '', problem);
  });
}

test('what is cleared contradicts nothing', (t) => {
  t.notThrows(() =>
    loadText(t, 'lxc.namespace.clone = mnt\nlxc.namespace.clone =\nlxc.namespace.keep = net\n'),
  );
  t.notThrows(() => loadText(t, `${IDMAP}lxc.idmap =\nlxc.namespace.keep = user\n`));
});
