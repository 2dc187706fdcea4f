import test from 'ava';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import checkconfig from '../../src/cli/checkconfig.ts';
import { requires } from '../rig/requires.ts';
import { runCommand } from './run-command.ts';

interface Row {
  readonly label: string;
  readonly presence: string;
}

async function rowsOf(env: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await runCommand(checkconfig, ['--json'], { env });
  const { sections } = JSON.parse(stdout) as {
    sections: readonly { readonly features: readonly Row[] }[];
  };
  return new Map(
    sections.flatMap(({ features }) => features.map(({ label, presence }) => [label, presence])),
  );
}

test('the configuration of another kernel is believed, plain or compressed, whatever runs here', async (t) => {
  const scratch = mkdtempSync(join(tmpdir(), 'tlxc-checkconfig-'));
  t.teardown(() => rmSync(scratch, { recursive: true }));
  const text = '# CONFIG_IPC_NS is not set\nCONFIG_NAMESPACES=y\nCONFIG_VETH=m\n';
  for (const [name, bytes] of [
    ['plain', Buffer.from(text)],
    ['config.gz', gzipSync(text)],
  ] as const) {
    const file = join(scratch, name);
    writeFileSync(file, bytes);
    const rows = await rowsOf({ CONFIG: file });
    t.is(rows.get('Namespaces'), 'enabled');
    t.is(rows.get('Veth pair device'), 'enabled');
    t.is(rows.get('Ipc namespace'), 'required', 'missing, and nothing works without it');
    t.is(rows.get('Bridges'), 'missing');
  }
});

test('a configuration that is not there is an error that names it', async (t) => {
  const { exit, stderr } = await runCommand(checkconfig, [], { env: { CONFIG: 'none.gz' }, cwd: '/nowhere' });
  t.is(exit, 1);
  t.regex(
    stderr,
    /cannot read the kernel configuration \/nowhere\/none\.gz: no such file or directory\n {2}hint: /,
  );
});

requires(
  'root',
  'veth',
  'bridge',
)('the running kernel answers by what it can make', async (t) => {
  const rows = await rowsOf({});
  t.is(rows.get('Veth pair device'), 'enabled');
  t.is(rows.get('Bridges'), 'enabled');
  t.is(rows.get('Pid namespace'), 'enabled');
});

requires('lxc')("sections and labels are lxc-checkconfig's", async (t) => {
  const { execFileSync } = await import('node:child_process');
  const labels = (text: string): string[] =>
    text
      .split('\n')
      .flatMap((line) => /^(--- .* ---|[^:]+): ?(?:enabled|missing|required)/.exec(line)?.[1] ?? []);
  const own = new Set(labels((await runCommand(checkconfig, [])).stdout));
  const theirs = labels(
    execFileSync('lxc-checkconfig', { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  // Of old kernels only.
  const left = theirs.filter((label) => !own.has(label) && !/NF_NAT_IPV|Multiple/.test(label));
  t.deepEqual(left, []);
});
