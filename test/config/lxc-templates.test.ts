/**
 * Configurations that LXC's own templates write, and the examples of lxc.container.conf(5), mean to TLXC what they mean to
 * LXC: lxc-info -c is asked for every key.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ExecutionContext } from 'ava';
import { loadSettings } from '../../src/config/load.ts';
import { registry, slotOf } from '../../src/config/registry.ts';
import type { Settings } from '../../src/config/settings.ts';
import { showConfigKey } from '../../src/config/show.ts';
import { requires } from '../rig/requires.ts';
import { scratch } from './scratch.ts';

const TEMPLATES = '/usr/share/lxc/templates';
const EXAMPLES = '/usr/share/doc/lxc/examples';
const MANUAL = '/usr/share/man/man5/lxc.container.conf.5.gz';

/** What a template's functions find set when they write the configuration of a container; D is its directory. */
const VARIABLES = `
LXC_TEMPLATE_CONFIG=/usr/share/lxc/config lxc_template_config=/usr/share/lxc/config lxc_default_conf=/etc/lxc/default.conf
path=$D config_path=$D conf_file=$D/config rootfs=$D/rootfs rootfs_path=$D/rootfs rootfs_dir=$D/rootfs
name=c1 hostname=c1 utsname=c1 arch=x86_64 basearch=x86_64 lxc_arch=x86_64 release=5 num_tty=4 tty=4 settings=common in_userns=0
lxc_network_type=veth lxc_network_link=lxcbr0 ipv4=10.0.3.5/24 gw=10.0.3.1 ipv6=fd00::5/64 gw6=fd00::1
shared_config=/usr/share/lxc/config/archlinux.common.conf
create_hwaddr() { echo 00:16:3e:12:34:56; }
`;

/** The arguments of those that do not take DIRECTORY ROOTFS NAME ARCHITECTURE ... */
const ARGUMENTS: Readonly<Record<string, string>> = {
  'lxc-alpine': '"$D/config" c1 x86_64',
  'lxc-sabayon': '"$D/config" c1 x86_64',
  'lxc-fedora': '"$D/rootfs" "$D/config" c1',
};

/** The function of a template that writes a container's configuration: its name and its text. */
function writer(template: string): readonly [name: string, text: string] | undefined {
  const text = readFileSync(join(TEMPLATES, template), 'utf8');
  const match = /^(copy_configuration|configure_container|container_conf)\s*\(\)\s*\{.*?^\}/ms.exec(text);
  return match ? [match[1] ?? '', match[0]] : undefined;
}

/** A store with a container c1 whose configuration begins as lxc-create's does. */
function store(t: ExecutionContext, config: string): string {
  return scratch(t, { 'c1/config': config, 'c1/rootfs/etc/fstab': '' });
}

function settingsOf(directory: string): Settings {
  const configFile = join(directory, 'c1/config');
  return loadSettings({ name: 'c1', lxcpath: directory, configFile, environment: {} }).settings;
}

/** Keys that LXC 5 does not know, or that no value is shown of. */
const NOT_ASKED = /^(tlxc\.|lxc\.include$)/;

function keysOf(settings: Settings): string[] {
  return registry
    .filter(({ name }) => !NOT_ASKED.test(name))
    .flatMap((key) => {
      if (key.name.endsWith('*')) return settings.all(key).map(({ at }) => at.key ?? '');
      return key.name.includes('[i]') ? settings.networks().map((index) => slotOf(key, index)) : [key.name];
    });
}

/** Differences on purpose, with the reason. */
const ON_PURPOSE: Readonly<Record<string, string>> = {
  'lxc.rootfs.mount': 'unset, TLXC puts a root filesystem together in its own run directory',
  'lxc.autodev.tmpfs.size': 'unset, LXC 5 shows 0 and uses 500000, which TLXC shows',
  'lxc.cap.keep': 'LXC 5 shows what is dropped in its place',
  'lxc.time.offset.boot': 'LXC 5 shows a number with an empty line after it',
  'lxc.time.offset.monotonic': 'the same',
  'lxc.net.0.veth.vlan.id': "unset, it is the bridge's own default, which LXC shows as 0",
};

/**
 * How LXC 5 shows what is unset: it knows no key of LXC 6 and 7, and to it a sub-key of an interface of another type is
 * invalid; of paths it shows C's null pointer; an interface of type empty is called lo.
 */
const UNSET = [' invalid\n', ' = (null)\n', ' = lo\n'];

const agrees = (key: string, ours: string, lxc: string): boolean =>
  ours === lxc || key in ON_PURPOSE || (ours === `${key} =\n` && UNSET.includes(lxc.slice(key.length)));

/** What lxc-info shows of each key, all asked at once. */
function askLxc(directory: string, keys: readonly string[]): ReadonlyMap<string, string> {
  const asked = keys.flatMap((key) => ['-c', key]);
  const { stdout } = spawnSync('lxc-info', ['-P', directory, '-n', 'c1', ...asked], { encoding: 'utf8' });
  const places = keys.map((key) => `\n${stdout}`.indexOf(`\n${key} =`));
  return new Map(
    keys.map((key, index) => {
      const place = places[index] ?? -1;
      const next = places.slice(index + 1).find((other) => other !== -1);
      return [key, place === -1 ? `${key} invalid\n` : stdout.slice(place, next)];
    }),
  );
}

function differences(directory: string): string[] {
  const settings = settingsOf(directory);
  const keys = [...new Set(keysOf(settings))];
  return [...askLxc(directory, keys)].flatMap(([key, lxc]) => {
    const shown = showConfigKey(settings, key);
    const ours =
      shown.kind === 'invalid' ? `${key} invalid\n` : `${key} =${shown.text && ' '}${shown.text}\n`;
    return agrees(key, ours, lxc) ? [] : [`TLXC ${ours}LXC ${lxc}`];
  });
}

const templates = existsSync(TEMPLATES)
  ? readdirSync(TEMPLATES).filter((name) => name.startsWith('lxc-'))
  : [];
for (const template of templates.filter((name) => writer(name) !== undefined)) {
  requires('lxc', 'lxc-templates')(`what ${template} writes means the same`, (t) => {
    const directory = store(t, readFileSync('/etc/lxc/default.conf', 'utf8'));
    const [name = '', text = ''] = writer(template) ?? [];
    const script = `D=$0\n${VARIABLES}\n${text}\n${name} ${ARGUMENTS[template] ?? '"$D" "$D/rootfs" c1 x86_64 4'}`;
    const cwd = join(directory, 'c1');
    execFileSync('bash', ['-c', script, cwd], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    t.true(readFileSync(join(cwd, 'config'), 'utf8').split('\n').length > 5);
    t.deepEqual(differences(directory), []);
  });
}

/** The configurations of the manual page, one a heading. */
function manualExamples(): string[] {
  const page = gunzipSync(readFileSync(MANUAL)).toString();
  const text = page.slice(page.indexOf('.SH EXAMPLES'), page.indexOf('.SH "SEE ALSO"')).replaceAll('\\', '');
  return text
    .split('.SS')
    .map((section) =>
      [...section.matchAll(/^\s*(lxc\..*=.*)$/gm)].map(([, line = '']) => `${line}\n`).join(''),
    )
    .filter((config) => config !== '');
}

/** The files beside it, as the package installs them. */
const fileExamples = (): string[] =>
  readdirSync(EXAMPLES)
    .filter((name) => name.startsWith('lxc-'))
    .map((name) => readFileSync(join(EXAMPLES, name), 'utf8'));

requires('lxc', 'lxc-manual')("the examples of LXC's documentation mean the same", (t) => {
  const all = [...manualExamples(), ...fileExamples()];
  t.true(all.length >= 11, String(all.length));

  for (const example of all) {
    const fstab = join(scratch(t, { fstab: '' }), 'fstab');
    // TLXC reads the file when it loads the configuration: a start with a wrong one is refused before anything happens.
    const directory = store(t, example.replace('/etc/fstab.complex', fstab));
    t.deepEqual(differences(directory), [], example);
  }
});
