/**
 * A squashfs image into a tree, by unsquashfs in the jail: its list of members is judged first, then they are extracted.
 * unsquashfs reads here and there, so the image must be whole; and its times are whole seconds.
 */
import { chmod, copyFile, rm } from 'node:fs/promises';
import { constants, existsSync } from 'node:fs';
import { join } from 'node:path';
import { TlxcError } from '../errors.ts';
import { programError, startProgram } from '../host/program.ts';
import { IMAGE, jailed, TARGET, type Jail } from './jail.ts';
import type { Member } from './member-scan.ts';
import { checkScan, type UnpackJob } from './unpacking.ts';

/** Beside the jail's directories. */
const COPY = 'image';

/** "crw-r--r-- 0/0      1,  3 2026-11-22 13:41 /srv/null" */
const LINE = /^([-dlcbps])\S{9} +\d+\/\d+ +(\d+|\d+, *\d+) \d{4}-\d\d-\d\d \d\d:\d\d \/(.*)$/;

/** Attributes that mean something to the host; the jail has not the capability that setting them takes. */
const REFUSED_ATTRIBUTE =
  /^write_xattr: failed to write xattr (trusted|security)\.\S+ for file .* because Operation not permitted$/;

/** One line of unsquashfs -lln; null for a line that is none, or for what lies below /dev. */
function parseListed(line: string): Member | null {
  const [, type = '', size = '', path = ''] = LINE.exec(line) ?? [];
  if (type === '' || path.startsWith('dev/')) return null;
  const [name = '', target = ''] = type === 'l' ? path.split(' -> ') : [path];
  return { type, size: size.includes(',') ? 0 : Number(size), name: `./${name}`, target };
}

/** Throws TLXC_E_IMAGE; TLXC_E_UNSUPPORTED where unsquashfs is missing. */
export async function unpackSquashfs(job: UnpackJob): Promise<void> {
  checkUnsquashfs(job.archive);
  if ((await job.arrival?.whole()) === false) throw new Error('the image did not arrive whole');
  if (job.mapping) await copyBeside(job);
  const image = job.mapping ? COPY : job.archive;
  const place = { ...job, image, devices: job.privileged };
  await list(job, place);
  checkScan(job);
  await extract(job, place);
  if (job.mapping) await rm(join(job.work, COPY));
}

/** The container's root may not be able to pass to where the image lies. */
async function copyBeside({ archive, work }: UnpackJob): Promise<void> {
  const copy = join(work, COPY);
  await copyFile(archive, copy, constants.COPYFILE_FICLONE);
  await chmod(copy, 0o444);
}

async function list({ archive, scan, work }: UnpackJob, jail: Jail): Promise<void> {
  const stop = () => lister.child.kill('SIGKILL');
  const lister = startProgram(jailed(jail, ['unsquashfs', '-UTC', '-lln', '-dest', '', IMAGE]), {
    name: 'unsquashfs',
    cwd: work,
    stdout: (line) => {
      const member = parseListed(line);
      if (member && !scan.judge(member)) stop();
    },
  });
  const ended = await lister.ended;
  if (scan.refused || ended.status === 0) return;
  throw programError(ended, { code: 'TLXC_E_IMAGE', what: `${archive} could not be read` });
}

async function extract({ archive, work, excludes, nested = false }: UnpackJob, jail: Jail): Promise<void> {
  const left = ['dev/*', ...(nested ? ['rootfs/dev/*'] : []), ...excludes.map(literally)];
  // Errors that are not fatal are judged here, line by line.
  const quiet = ['-no-progress', '-quiet', '-ignore-errors'];
  let bad = '';
  const unpacker = startProgram(
    jailed(jail, ['unsquashfs', ...quiet, '-force', '-dest', TARGET, '-excludes', IMAGE, ...left]),
    {
      cwd: work,
      onErrorLine: (line) => {
        if (line.trim() !== '' && !REFUSED_ATTRIBUTE.test(line)) bad ||= line;
      },
    },
  );
  const ended = await unpacker.ended;
  const onlyAttributes = ended.status === 2 && bad === '';
  if (ended.status === 0 || onlyAttributes) return;
  const errorLines = bad === '' ? ended.errorLines : [bad];
  const what = `${archive} could not be unpacked`;
  throw programError(
    { ...ended, program: 'unsquashfs', errorLines },
    { code: 'TLXC_E_IMAGE', what, writesTo: work },
  );
}

/** "./srv/[b]" as unsquashfs takes it: its own wildcards mean themselves. */
const literally = (path: string): string => path.replace(/^\.?\//, '').replace(/[\\*?[\]]/g, '\\$&');

/** Throws TLXC_E_UNSUPPORTED where this machine cannot unpack what `name` is. */
export function checkUnsquashfs(name: string): void {
  if (['/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((place) => existsSync(join(place, 'unsquashfs'))))
    return;
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `${name} is a squashfs image, and this machine has no unsquashfs to unpack it`,
    hint: 'install squashfs-tools, or use a tar archive of the same image',
  });
}
