/** tlxc-cgroup */
import { readCgroupFile, writeCgroupFile } from '../container/cgroup-file.ts';
import { TlxcError } from '../errors.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';

function cgroup(invocation: Invocation, { stdout, stderr }: CommandContext): number {
  const { name, lxcpath, system, quiet, rest } = invocation;
  const [file, value, unexpected] = rest;
  if (file === undefined)
    throw new TlxcError({
      code: 'TLXC_E_USAGE',
      message: 'the name of a control group file is missing, such as memory.max',
    });
  if (unexpected !== undefined)
    throw new TlxcError({ code: 'TLXC_E_USAGE', message: `one argument too many: '${unexpected}'` });
  const request = { name, lxcpath, system, file };
  if (value === undefined) {
    // The empty line after the value is LXC's.
    stdout.write(`${readCgroupFile(request)}\n`);
    return 0;
  }
  const say = (line: string): void => {
    if (!quiet) stderr.write(`${line}\n`);
  };
  const warn = (message: string): void =>
    say(`tlxc-cgroup: ${name}: warning: ${file} = ${value}: ${message}`);
  const written = writeCgroupFile({ ...request, value, warn });
  for (const each of written) say(`${file} is ${each.file} here: ${each.value} was written`);
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-cgroup',
    summary: 'shows or sets a control group file of the running container NAME',
    usage: '--name=NAME FILE [VALUE]',
    name: 'required',
    rest: 'words',
    options: [],
  },
  cgroup,
);
