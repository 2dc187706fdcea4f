/** tlxc-cgroup */
import { readCgroupFile, writeCgroupFile } from '../container/limits/cgroup-file.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { jsonText } from './printable.ts';
import { CHECKED_RCFILE, checkRcfile } from './rcfile.ts';
import { warner } from './tell.ts';
import { tooMany, usageError } from './usage.ts';

async function cgroup(invocation: Invocation, context: CommandContext): Promise<number> {
  const { stdout, stderr } = context;
  const { name, lxcpath, system, quiet, rest, options } = invocation;
  const json = options['json'] === true;
  const [file, value, unexpected] = rest;
  if (file === undefined) throw usageError('the name of a control group file is missing, such as memory.max');
  if (unexpected !== undefined) throw tooMany(unexpected);
  await checkRcfile(invocation, context);
  const request = { name, lxcpath, system, file };
  if (value === undefined) {
    const text = readCgroupFile(request);
    // The empty line after the value is LXC's.
    stdout.write(json ? jsonText({ name, file, value: text.trimEnd() }) : `${text}\n`);
    return 0;
  }
  const warn = warner(invocation, context);
  const written = writeCgroupFile({
    ...{ ...request, value },
    warn: (message) => warn(`${file} = ${value}: ${message}`),
  });
  if (json) {
    stdout.write(jsonText({ name, file, value, written: written.length > 0 ? written : [{ file, value }] }));
    return 0;
  }
  for (const each of quiet ? [] : written)
    stderr.write(`${file} is ${each.file} here: ${each.value} was written\n`);
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-cgroup',
    summary: 'shows or sets a control group file of the running container NAME',
    usage: '--name=NAME [--json] FILE [VALUE]',
    name: 'required',
    offers: 'running',
    rest: 'words',
    options: [{ flags: '--json', description: 'Print JSON' }, CHECKED_RCFILE],
  },
  cgroup,
);
