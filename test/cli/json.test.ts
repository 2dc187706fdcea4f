/** What --json prints fits the schema that is published for it, command by command; so do errors. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv';
import test, { type ExecutionContext } from 'ava';
import { outputs, outputSchemaText } from '../../.ci/output-schemas/index.ts';
import type { DefinedCommand } from '../../src/cli/command.ts';
import { COMMAND_NAMES } from '../../src/cli/commands.ts';
import { ERROR_CODES } from '../../src/errors.ts';
import { packageRoot } from '../../src/package-root.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const published = (name: string): string =>
  readFileSync(join(packageRoot, `config/schema/${name}.schema.json`), 'utf8');

/** Whose standard output is the container's, or who have nothing to tell but that it is done. */
const SILENT = [
  ...['attach', 'console', 'execute', 'file', 'start', 'stop', 'destroy', 'freeze', 'unfreeze'],
  ...['unshare', 'usernsexec', 'checkpoint'],
];

const SERVER = '127.0.0.1:8443';

/** A schema, and a line of shell that prints what fits it; in this order, in one world. */
const ROWS: readonly (readonly [string, string])[] = [
  ['tlxc-net', 'tlxc-net start --json'],
  ['tlxc-container', 'tlxc-create --json -n u1 -t busybox'],
  ['tlxc-container', 'tlxc-copy --json -n u1 -N u2'],
  ['tlxc-container', 'tlxc-copy --json -n u2 -N u3 -R'],
  [
    'tlxc-container',
    'mkdir -p r/bin r/sbin r/etc; touch r/sbin/init; tar -cf r.tar -C r .; tlxc-import --json -N u4 r.tar',
  ],
  ['tlxc-snapshot', 'tlxc-snapshot --json -n u1'],
  ['tlxc-snapshot-list', 'tlxc-snapshot -L --json -n u1'],
  ['tlxc-snapshot-diff', 'tlxc-file push tlxc.conf u1/etc/new; tlxc-snapshot --diff snap0 --json -n u1'],
  ['tlxc-export', 'tlxc-export --json -n u1 --snapshots u1.tar.gz'],
  ['tlxc-ls', 'tlxc-start -n u1; tlxc-ls --json'],
  ['tlxc-info', 'tlxc-device -n u1 add /dev/zero /dev/nil; tlxc-info --json -n u1'],
  ['tlxc-device-list', 'tlxc-device -n u1 list --json'],
  ['tlxc-info', 'tlxc-info --json -n u3'],
  ['tlxc-top', 'tlxc-top --json --count 2 -d 0.1'],
  ['tlxc-net', 'tlxc-net status --json'],
  [
    'tlxc-net-user',
    'setpriv --reuid=4711 --regid=4711 --clear-groups env -i HOME=/ PATH="$PATH" tlxc-net status --json || test $? = 3',
  ],
  ['tlxc-wait', 'tlxc-wait --json -n u1 -s "RUNNING|FROZEN"'],
  ['tlxc-wait', 'tlxc-wait --json -n u1 -s STOPPED -t 0 || test $? = 1'],
  ['tlxc-set', 'tlxc-set --json -n u1 pids=500'],
  ['tlxc-logs', 'tlxc-logs --json -n u1'],
  ['tlxc-cgroup', 'tlxc-cgroup --json -n u1 pids.max'],
  ['tlxc-cgroup-set', 'tlxc-cgroup --json -n u1 memory.max 100M'],
  [
    'tlxc-monitor',
    `tlxc-monitor --json > events & watcher=$!
     until [ -s events ]; do tlxc-freeze -n u1; tlxc-unfreeze -n u1; done
     tlxc-stop -k -n u1; until grep -q STOPPED events; do sleep 0.1; done; kill $watcher; cat events`,
  ],
  ['tlxc-autostart-list', 'tlxc-autostart -L -a -A --json'],
  ['tlxc-autostart', 'tlxc-start u1; tlxc-autostart -k -A --json'],
  ['tlxc-info', 'tlxc-info --json -n u1'],
  ['tlxc-config', 'tlxc-config --json lxc.lxcpath'],
  ['tlxc-config', 'tlxc-config --json tlxc.image.keyring'],
  ['tlxc-config-list', 'tlxc-config -l --json'],
  ['tlxc-config-explain', 'tlxc-config explain --json -n u1'],
  ['tlxc-doctor', 'tlxc-doctor --json || test $? = 1'],
  [
    'tlxc-doctor-denials',
    `echo 'type=1400 audit(1764000000.123:1): apparmor="DENIED" operation="open" profile="lxc-container-default" name="/x" pid=1 comm="x" denied_mask="r"' > records
     tlxc-doctor --denials=records --json`,
  ],
  ['tlxc-checkconfig', 'tlxc-checkconfig --json'],
  ['tlxc-update-config', 'echo "lxc.utsname = x" > old; tlxc-update-config --json -c old'],
  ['tlxc-update-config', 'tlxc-update-config --json -n u3'],
  ['tlxc-image-list', 'tlxc-image list --json'],
  ['tlxc-image-info', 'tlxc-image info --json busybox'],
  ['tlxc-image-verify', 'tlxc-image verify --json'],
  ['tlxc-image-stored', 'tlxc-image build --json --alias built/one --container u3'],
  [
    'tlxc-image-stored',
    'tlxc-image export built/one i.tar.xz; tlxc-image import --json --alias kept/one i.tar.xz',
  ],
  [
    'tlxc-image-list-remote',
    `mkdir www; tlxc-image export busybox www --alias busybox/one > /dev/null
     tlxc-image serve www > served 2>&1 & echo $! > server
     until grep -q certificate served; do sleep 0.1; done
     tlxc-config tlxc.image.ca "$(sed -n 's/^certificate: //p' served)"
     tlxc-image list --remote --json --server ${SERVER}`,
  ],
  ['tlxc-image-stored', `tlxc-image pull --json --server ${SERVER} busybox one; kill "$(cat server)"`],
  ['tlxc-image-prune', 'tlxc-image prune --all --json'],
];

const LINES = new Set(['tlxc-logs', 'tlxc-top', 'tlxc-monitor']);

const ajv = new Ajv({ allErrors: true });
const misfits = (name: string, value: unknown): string => {
  const validate = ajv.compile(JSON.parse(published(name)) as object);
  return validate(value) === true
    ? ''
    : `${name}: ${JSON.stringify(validate.errors?.slice(0, 3))} in ${JSON.stringify(value).slice(0, 600)}`;
};

const jsonLines = (text: string): unknown[] =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);

test('schemas are published as they are written: npm run build:manual', (t) => {
  for (const [name, output] of Object.entries(outputs)) t.is(published(name), outputSchemaText(output), name);
  t.is(readdirSync(join(packageRoot, 'config/schema')).length, Object.keys(outputs).length);
});

test('every schema is tried below, every command has one or has nothing to tell', async (t) => {
  for (const name of Object.keys(outputs))
    t.true(name === 'error' || ROWS.some(([schema]) => schema === name), name);
  const commands = readdirSync(join(packageRoot, 'bin'))
    .map((file) => file.replace(/^tlxc-?|\.js$/g, ''))
    .filter((name) => existsSync(join(packageRoot, `src/cli/${name}.ts`)));
  for (const name of commands) {
    const { spec } = ((await import(`../../src/cli/${name}.ts`)) as { default: DefinedCommand }).default;
    const takes = spec.options.some(({ flags }) => flags === '--json');
    t.is(takes, !SILENT.includes(name), `tlxc-${name}: --json`);
    if (takes)
      t.true(
        ROWS.some(([, line]) => line.includes(`tlxc-${name} `) && line.includes('--json')),
        name,
      );
  }
});

test('tlxc(7) has every error code and every field of an error', (t) => {
  const page = readFileSync(join(packageRoot, 'man/tlxc.7'), 'utf8').replaceAll('\\', '');
  const sentence = (words: string): string =>
    `${words.charAt(0).toUpperCase()}${words.slice(1)}.`.replaceAll('`', '');
  for (const [code, words] of Object.entries(ERROR_CODES))
    t.true(page.includes(`.B ${code}\n${sentence(words)}\n`), code);
  const { properties } = JSON.parse(published('error')) as { properties: Record<string, unknown> };
  const section = page.slice(page.indexOf('.SH JSON'), page.indexOf('.SH ERROR CODES'));
  for (const field of Object.keys(properties)) t.regex(section, new RegExp(`\\b${field}\\b`), field);
});

const rooted = requires('root', 'userns', 'overlay', 'busybox', 'dnsmasq', 'nftables');

rooted('what commands print with --json fits its schema', async (t) => {
  const world = await makeWorld(t);
  for (const [schema, line] of ROWS) {
    const { code, stdout, stderr } = await world.run('sh', '-c', line);
    t.is(code, 0, `${line}\n${stdout}${stderr}`);
    const values = LINES.has(schema) ? jsonLines(stdout) : [JSON.parse(stdout) as unknown];
    t.true(values.length > 0, line);
    for (const value of values) t.is(misfits(schema, value), '', line);
  }
});

/** A line of shell for each command with --json, that fails. */
const FAILING: Readonly<Record<string, string>> = {
  autostart: 'tlxc-autostart --json -t many',
  cgroup: 'tlxc-cgroup --json -n absent pids.max',
  checkconfig: 'CONFIG=/nonexistent tlxc-checkconfig --json',
  config: 'tlxc-config --json bogus',
  copy: 'tlxc-copy --json -n absent -N u2',
  create: 'tlxc-create --json -n u1 -t bogus',
  device: 'tlxc-device --json -n absent list',
  doctor: 'tlxc-doctor --json bogus',
  export: 'tlxc-export --json -n absent',
  image: 'tlxc-image --json info absent',
  import: 'tlxc-import --json absent.tar',
  info: 'tlxc-info --json -n absent',
  logs: 'tlxc-logs --json -n absent',
  ls: 'tlxc-ls --json',
  monitor: 'tlxc-monitor --json -n "("',
  net: 'tlxc-net --json bogus',
  set: 'tlxc-set --json -n absent',
  snapshot: 'tlxc-snapshot --json -L -n absent',
  top: 'tlxc-top --json -s z',
  'update-config': 'echo "lxc.network.link = br0" > old; tlxc-update-config --json -c old',
  wait: 'tlxc-wait --json -n u1 -s BOGUS',
};

/** Standard error of the line as objects, each of which fits the schema. */
async function told(t: ExecutionContext, line: string): Promise<readonly Record<string, unknown>[]> {
  const world = await makeWorld(t);
  mkdirSync(join(world.lxcpath, 'broken'));
  writeFileSync(
    join(world.lxcpath, 'broken/config'),
    'lxc.uts.name = broken\nlxc.tty.max = many\nlxc.nonsense = 1\n',
  );
  const { stderr } = await world.run('sh', '-c', line);
  const objects = jsonLines(stderr) as Record<string, unknown>[];
  for (const each of objects) t.is(misfits('error', each), '', line);
  return objects;
}

const inWorld = requires('root', 'userns');

inWorld(
  'an error is one object a line: code, message, object, hint and the place in the configuration',
  async (t) => {
    const [absent, ...more] = await told(t, 'tlxc-info --json -n absent');
    t.deepEqual(more, []);
    t.like(absent, {
      level: 'error',
      command: 'tlxc-info',
      code: 'TLXC_E_NOT_FOUND',
      object: 'absent',
      line: null,
    });
    t.regex(String(absent?.['hint']), /tlxc-ls/);
    const [broken] = await told(t, 'tlxc-info --json -n broken');
    t.like(broken, { code: 'TLXC_E_CONFIG', object: 'broken', line: 2, key: 'lxc.tty.max' });
    t.regex(String(broken?.['file']), /broken\/config$/);
    t.is((broken?.['problems'] as unknown[]).length, 2);
    t.like((await told(t, 'tlxc-ls --json > /dev/null'))[0], { code: 'TLXC_E_CONFIG', object: 'broken' });
  },
);

inWorld('every command with --json fails in JSON', async (t) => {
  for (const name of COMMAND_NAMES) {
    const { spec } = ((await import(`../../src/cli/${name}.ts`)) as { default: DefinedCommand }).default;
    if (!spec.options.some(({ flags }) => flags === '--json')) continue;
    const objects = await told(t, `${FAILING[name] ?? `tlxc-${name} has no line`} > /dev/null`);
    t.is(objects.at(-1)?.['level'], 'error', name);
    t.not(objects.at(-1)?.['hint'] ?? objects.at(-1)?.['problems'], null, name);
  }
});

inWorld('so is a mistake of the command line, and with -q nothing is said', async (t) => {
  for (const line of [
    'tlxc-info --json',
    'tlxc-ls --json --bogus',
    'tlxc-top --json -s z',
    'tlxc-image bogus --json',
  ])
    t.like((await told(t, line))[0], { level: 'error', code: 'TLXC_E_USAGE' }, line);
  t.deepEqual(await told(t, 'tlxc-info -q --json -n absent'), []);
});
