import test from 'ava';
import { TlxcError } from '../../src/errors.ts';
import { parseMetadata } from '../../src/image/metadata.ts';

const parse = (members: Record<string, string>) => parseMetadata(new Map(Object.entries(members)), 'image x');
const problemsOf = (members: Record<string, string>): readonly string[] => {
  try {
    parse(members);
  } catch (error) {
    return error instanceof TlxcError
      ? [error.message, ...(error.details.problems ?? []).map(String)]
      : [String(error)];
  }
  return [];
};

const debian = {
  config: 'lxc.include = LXC_TEMPLATE_CONFIG/common.conf\nlxc.arch = linux64\n',
  'config-user':
    'lxc.include = LXC_TEMPLATE_CONFIG/common.conf\nlxc.include = LXC_TEMPLATE_CONFIG/userns.conf\nlxc.arch = linux64\n',
  'create-message': 'You just created a container.\n',
  expiry: '1791868800\n',
  templates: '/etc/hostname\n/etc/hosts\n',
  'excludes-user': './dev/console\n./dev/full\n',
};

test('what distributions publish, with the includes that TLXC ships', (t) => {
  t.deepEqual(parse(debian), {
    systemConfig: ['lxc.include = /usr/share/tlxc/config/common.conf', 'lxc.arch = linux64'],
    userConfig: [
      'lxc.include = /usr/share/tlxc/config/common.conf',
      'lxc.include = /usr/share/tlxc/config/userns.conf',
      'lxc.arch = linux64',
    ],
    templates: ['/etc/hostname', '/etc/hosts'],
    message: 'You just created a container.',
    expiry: 1_791_868_800,
    excludes: ['./dev/console', './dev/full'],
  });
});

test('without config-user, userns.conf comes after the includes of config', (t) => {
  t.deepEqual(parse({ config: debian.config }).userConfig, [...parse(debian).userConfig]);
});

test('an image that names no profile has those of every container', (t) => {
  const bare = parse({ config: 'lxc.arch = linux64\n', 'config-user': 'lxc.init.cwd = /root\n' });
  t.deepEqual(bare.systemConfig, ['lxc.include = /usr/share/tlxc/config/common.conf', 'lxc.arch = linux64']);
  t.deepEqual(bare.userConfig, [
    'lxc.include = /usr/share/tlxc/config/common.conf',
    'lxc.include = /usr/share/tlxc/config/userns.conf',
    'lxc.init.cwd = /root',
  ]);
});

test("a distribution's own profiles are taken as they are", (t) => {
  const lines = ['common', 'userns'].map((kind) => `lxc.include = LXC_TEMPLATE_CONFIG/alpine.${kind}.conf`);
  const { userConfig } = parse({ config: lines[0] ?? '', 'config-user': lines.join('\n') });
  t.deepEqual(
    userConfig,
    lines.map((line) => line.replace('LXC_TEMPLATE_CONFIG', '/usr/share/tlxc/config')),
  );
});

for (const line of [
  'lxc.include = LXC_TEMPLATE_CONFIG/privileged.conf',
  'lxc.include = LXC_TEMPLATE_CONFIG/nesting.conf',
  'lxc.include = LXC_TEMPLATE_CONFIG/userns.conf',
  'lxc.hook.pre-start = /bin/sh -c id',
  'lxc.mount.entry = / mnt none bind 0 0',
  'lxc.rootfs.path = /',
  'lxc.idmap = u 0 0 65536',
  'lxc.cap.keep = sys_admin',
  'lxc.include = /etc/passwd',
  'lxc.include = LXC_TEMPLATE_CONFIG/../../../etc/x.conf',
  'lxc.include = LXC_TEMPLATE_CONFIG/no-such-file.conf',
  'not a configuration line',
]) {
  test(`an image may not say: ${line}`, (t) => {
    const problems = problemsOf({ config: `lxc.arch = linux64\n${line}\n` });
    t.is(problems[0], 'image x: its metadata is not acceptable: refused');
    t.regex(problems[1] ?? '', /^config:2: /);
  });
}

test('every problem is named at once', (t) => {
  t.is(problemsOf({ config: 'lxc.hook.stop = x\nlxc.net.0.type = veth\n' }).length, 3);
});

test('the message cannot drive the terminal, templates are absolute, excludes relative', (t) => {
  const odd = parse({
    ...debian,
    'create-message': 'a\x1b]0;title\x07b\n',
    templates: 'etc/passwd\n/etc/issue\n',
    'excludes-user': '/etc\n./dev/null\n--checkpoint-action=exec=id\n',
  });
  t.is(odd.message, 'a]0;titleb');
  t.deepEqual(odd.templates, ['/etc/issue']);
  t.deepEqual(odd.excludes, ['./dev/null']);
});

test('without a config there is no metadata', (t) => {
  t.deepEqual(problemsOf({}), ['image x: its metadata has no "config": refused']);
});
