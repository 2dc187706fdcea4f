/** Archives as the programs write them that people use: frames that a decoder skips, several in one file, padding. */
import test, { type ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decoded } from '../../src/image/compression.ts';

const SKIPPED = String.raw`printf '\x5e\x2a\x4d\x18\x03\x00\x00\x00abc'`;

function makeArchive(t: ExecutionContext, line: string): { readonly tar: string; readonly archive: string } {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-compression-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const script = `mkdir etc; seq 400000 > etc/numbers; tar -cf all.tar etc; split -n 2 all.tar; { ${line}; } > archive`;
  execFileSync('bash', ['-ec', script], { cwd: dir });
  return { tar: join(dir, 'all.tar'), archive: join(dir, 'archive') };
}

async function contentOf(archive: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of decoded(archive)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

for (const [what, line] of Object.entries({
  'frames of pzstd': 'pzstd -q -p 2 -c all.tar',
  'a zstd archive that begins with a frame to be skipped': `${SKIPPED}; zstd -qc all.tar`,
  'zstd frames, with others to be skipped between and behind': `zstd -qc xaa; ${SKIPPED}; zstd -qc xab; ${SKIPPED}`,
  'members of gzip': 'gzip -c xaa; gzip -c xab',
  'gzip with zeros behind, as from a tape': 'gzip -c all.tar; head -c 2048 /dev/zero',
  'streams of xz, with padding': 'xz -0 -c xaa; head -c 8 /dev/zero; xz -0 -c xab; head -c 4 /dev/zero',
  'blocks of xz': 'xz -0 --block-size=1MiB -T2 -c all.tar',
  'what xz wrote before it was xz': 'xz -0 --format=lzma -c all.tar',
  'streams of bzip2': 'bzip2 -1 -c xaa; bzip2 -1 -c xab',
  'a tar archive of before there was ustar': 'tar --format=v7 -cf - etc',
})) {
  test(`decoded: ${what}`, async (t) => {
    const { tar, archive } = makeArchive(t, line);
    const content = await contentOf(archive);
    t.true(content.equals(readFileSync(what.includes('ustar') ? archive : tar)));
  });
}

test('what other programs compress is called by its name', async (t) => {
  for (const [bytes, program] of [
    [String.raw`\x89LZO\x00\r\n\x1a\n`, 'lzop'],
    [String.raw`\x04\x22\x4d\x18`, 'lz4'],
    ['LZIP', 'lzip'],
  ] as const) {
    const { archive } = makeArchive(t, `printf '${bytes}'; head -c 1000 all.tar`);
    await t.throwsAsync(contentOf(archive), {
      message: `${archive} is compressed with ${program}`,
      code: 'TLXC_E_IMAGE',
    });
  }
});
