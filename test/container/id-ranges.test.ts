import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { allocateRange, candidates, moreIds, releaseRange } from '../../src/container/id-ranges.ts';
import { joined, overlaps, parseSubordinateIds } from '../../src/host/subordinate-ids.ts';
import { loadSystemConfig } from '../../src/config/system.ts';
import { loader } from '../rig/typescript.ts';

const NONE = parseSubordinateIds('');
const first = (values: Iterable<number>, count: number) => {
  const found: number[] = [];
  for (const value of values) if (found.push(value) === count) break;
  return found;
};

function place(t: ExecutionContext) {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-ranges-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const conf = join(dir, 'tlxc.conf');
  writeFileSync(conf, `lxc.lxcpath = ${dir}/lxc\ntlxc.statedir = ${dir}/state\n`);
  mkdirSync(join(dir, 'lxc'));
  const staging = (name: string) => join(dir, 'lxc', `.tlxc-staging-${name}`);
  const owner = (name: string) => ({ staging: staging(name), config: join(dir, 'lxc', name, 'config') });
  const begin = (name: string) => {
    mkdirSync(staging(name));
    return owner(name);
  };
  return {
    dir,
    conf,
    begin,
    owner,
    lxcpath: join(dir, 'lxc'),
    system: loadSystemConfig({ TLXC_CONF: conf }),
  };
}

test('subuid: by name or number of root, other lines are not ours', (t) => {
  const { own, others } = parseSubordinateIds(
    'root:100000:65536\n# x\nuser:165536:65536\n0:300000:1\nbroken\n',
  );
  t.deepEqual(own, [
    { first: 100_000, count: 65_536 },
    { first: 300_000, count: 1 },
  ]);
  t.deepEqual(others, [{ first: 165_536, count: 65_536 }]);
});

test('with entries of root: whole ranges that are root’s as uids and as gids', (t) => {
  const uids = parseSubordinateIds('root:100000:200000\n');
  const gids = parseSubordinateIds('root:165536:1000000\n');
  t.deepEqual(
    [...candidates(uids, gids)],
    [165_536, 231_072].filter((value) => value + 65_536 <= 300_000),
  );
});

test('without: from 1,000,000 up, over nobody else’s', (t) => {
  t.deepEqual(first(candidates(NONE, NONE), 2), [1_000_000, 1_065_536]);
  t.deepEqual(first(candidates(parseSubordinateIds('user:1000000:65537\n'), NONE), 1), [1_131_072]);
});

test('a range is given once, and again when its container is gone', (t) => {
  const { system, lxcpath, begin, owner } = place(t);
  const one = allocateRange(system, lxcpath, begin('one'));
  const two = allocateRange(system, lxcpath, begin('two'));
  t.not(one, two);
  rmSync(owner('one').staging, { recursive: true });
  t.is(allocateRange(system, lxcpath, begin('three')), one);
});

test('a container that has it in its configuration keeps it', (t) => {
  const { dir, system, lxcpath, begin, owner } = place(t);
  const one = allocateRange(system, lxcpath, begin('one'));
  rmSync(owner('one').staging, { recursive: true });
  mkdirSync(join(dir, 'lxc/one'));
  writeFileSync(owner('one').config, `lxc.idmap = u 0 ${one} 65536\n`);
  t.not(allocateRange(system, lxcpath, begin('two')), one);
});

test('what a hand-written configuration uses is not given out', (t) => {
  const { dir, system, lxcpath, begin } = place(t);
  mkdirSync(join(dir, 'lxc/mine'));
  writeFileSync(
    join(dir, 'lxc/mine/config'),
    'lxc.idmap = u 0 1000100 65536\nlxc.idmap = g 0 1000100 65536\n',
  );
  t.true(allocateRange(system, lxcpath, begin('one')) >= 1_065_636);
});

test('nor what stands in one that a link names, or that is no good text', (t) => {
  const { dir, system, lxcpath, begin } = place(t);
  const line = (id: number) => ` lxc.idmap="u 0 ${id} 65536"\r\n# lxc.idmap = u 0 5000000 65536\n`;
  for (const name of ['linked', 'latin1', 'pipe', 'directory', 'empty']) mkdirSync(join(lxcpath, name));
  writeFileSync(join(dir, 'elsewhere'), line(1_000_000));
  symlinkSync(join(dir, 'elsewhere'), join(lxcpath, 'linked/config'));
  const latin1 = Buffer.from(`# \xfc\n${line(1_065_536)}lxc.idmap = nonsense\n`, 'latin1');
  writeFileSync(join(lxcpath, 'latin1/config'), latin1);
  execFileSync('mkfifo', [join(lxcpath, 'pipe/config')]);
  mkdirSync(join(lxcpath, 'directory/config'));
  t.is(allocateRange(system, lxcpath, begin('one')), 1_131_072);
});

test('spans that follow each other are one', (t) => {
  const spans = [
    { first: 30, count: 5 },
    { first: 10, count: 10 },
    { first: 20, count: 5 },
    { first: 12, count: 3 },
    { first: 10, count: 10 },
  ];
  t.deepEqual(joined(spans), [
    { first: 10, count: 15 },
    { first: 30, count: 5 },
  ]);
});

test('only the owner gives a range back', (t) => {
  const { dir, system, lxcpath, begin, owner } = place(t);
  const one = allocateRange(system, lxcpath, begin('one'));
  const files = () => readdirSync(join(dir, 'state/ranges')).filter((name) => !name.startsWith('.'));
  releaseRange(system, one, owner('other').config);
  t.deepEqual(files(), [String(one)]);
  releaseRange(system, one, owner('one').config);
  t.deepEqual(files(), []);
});

test('a dead writer’s half-written record blocks nothing', (t) => {
  const { dir, system, lxcpath, begin } = place(t);
  mkdirSync(join(dir, 'state/ranges'), { recursive: true });
  writeFileSync(join(dir, 'state/ranges/1000000'), '{"stag');
  t.is(allocateRange(system, lxcpath, begin('one')), 1_000_000);
});

test('processes that allocate at once never share', async (t) => {
  const { conf, lxcpath, begin } = place(t);
  const source = fileURLToPath(new URL('../../src/', import.meta.url));
  const script = `
    import { allocateRange } from '${source}container/id-ranges.ts';
    import { loadSystemConfig } from '${source}config/system.ts';
    const system = loadSystemConfig(process.env);
    for (const owner of JSON.parse(process.argv[1])) console.log(allocateRange(system, '${lxcpath}', owner));`;
  const outputs = [0, 1, 2, 3].map(async (process_) => {
    const owners = [0, 1, 2, 3, 4].map((index) => begin(`p${process_}-${index}`));
    const argv = [`--import=${loader}`, '--input-type=module', '-e', script, JSON.stringify(owners)];
    const child = spawn(process.execPath, argv, {
      env: { ...process.env, TLXC_CONF: conf },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await once(child, 'close');
    return text.trim().split('\n').map(Number);
  });
  const all = (await Promise.all(outputs)).flat();
  t.is(all.length, 20);
  t.is(new Set(all).size, 20);
});

test('where one line is one container, a second line is offered that overlaps none', (t) => {
  const ids = parseSubordinateIds('root:1000000:65536\nann:100000:65536\nbob:165536:65536\n');
  const hint = moreIds(ids, ids);
  t.regex(hint, /enough for 1: /);
  const offered = /root:\d+:\d+/.exec(hint)?.[0] ?? '';
  const [span] = parseSubordinateIds(offered).own;
  t.truthy(span);
  if (span === undefined) return;
  t.false([...ids.own, ...ids.others].some((each) => overlaps(each, span)));
  const more = parseSubordinateIds(`root:1000000:65536\n${offered}\n`);
  t.is([...candidates(more, more)].length, 1001);
});
