/** tlxc-copy */
import { resolve } from 'node:path';
import { copyContainer, type CopyRequest } from '../container/copy/copy.ts';
import { copyAndStart, freeName } from '../container/copy/ephemeral-copy.ts';
import { startInForeground } from '../container/start/foreground.ts';
import { renameContainer } from '../container/copy/rename.ts';
import { runAndHalt } from '../container/copy/run-and-halt.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { CLOUD_INIT_OPTIONS, cloudInitOf, cloudInitOption } from './cloud-init-options.ts';
import { backendOf, mountsOf, namesHint, taskOf } from './copy-options.ts';
import { volumeOptions } from './volume-options.ts';
import { madeJson } from './made.ts';
import { whileShown } from './progress.ts';
import { checkRcfile, rcfileOf, rcfileOption } from './rcfile.ts';
import { stillness } from './seconds.ts';
import { signalNote, warner } from './tell.ts';
import { usageError } from './usage.ts';

/** What a copy and an ephemeral one have in common. */
function requestOf(
  invocation: Invocation,
  context: CommandContext,
  cloudInit?: CopyRequest['cloudInit'],
): CopyRequest {
  const { cwd, env } = context;
  const configFile = rcfileOf(invocation, context);
  const { name, lxcpath, system, options } = invocation;
  const is = (key: string): boolean => options[key] === true;
  const newPath = typeof options['newpath'] === 'string' ? resolve(cwd, options['newpath']) : lxcpath;
  const newName = options['newname'];
  if (typeof newName !== 'string' && !is('ephemeral'))
    throw usageError('You must provide a NEWNAME for the clone', namesHint(invocation));
  return {
    ...{ name, lxcpath, system, newPath, configFile },
    newName: typeof newName === 'string' ? newName : freeName({ name, newPath, system }),
    snapshot: is('snapshot'),
    allowRunning: is('allowrunning'),
    ...stillness(options['freezeTimeout'], warner(invocation, context)),
    backend: backendOf(options['backingstorage']),
    volume: volumeOptions(options),
    keepName: is('keepname'),
    keepMac: is('keepmac'),
    cloudInit,
    hookArgs: is('ephemeral') ? [] : invocation.rest,
    environment: env,
  };
}

async function rename(invocation: Invocation, context: CommandContext): Promise<void> {
  if (invocation.options['newpath'] !== undefined)
    throw usageError('-R keeps the container where it is', 'leave out -p, or copy it');
  const kept =
    cloudInitOption(invocation) ??
    ['backingstorage', 'fssize', 'rcfile'].find((option) => invocation.options[option] !== undefined);
  if (kept !== undefined) throw usageError(`-R changes only the name: --${kept} goes with a copy`);
  const { name, lxcpath, newName, system, environment } = requestOf(invocation, context);
  const warn = warner(invocation, context);
  await whileShown(invocation, context, 'renaming', ({ stage: onStage }) =>
    renameContainer({ name, newName, lxcpath, system, environment, warn, onStage }),
  );
}

const IN_MEMORY = 'What it changes lies in memory: a reboot loses it\n';

async function ephemeral(
  invocation: Invocation,
  context: CommandContext,
  cloudInit: CopyRequest['cloudInit'],
): Promise<number> {
  const { options, rest, name, quiet } = invocation;
  const request = requestOf(invocation, context, cloudInit);
  const foreground = options['foreground'] === true;
  const json = options['json'] === true;
  if (json && (foreground || rest.length > 0))
    throw usageError('--json goes with a copy that is left to itself', 'leave out -F and the command');
  const warn = warner(invocation, context, request.newName);
  const [keep, tmpfs] = [options['keepdata'] === true, options['tmpfs'] === true];
  // Scripts take the name out of the first line.
  const created = json
    ? madeJson(request.system, request.newPath, request.newName)
    : `Created ${request.newName} as clone of ${name}\n${tmpfs ? IN_MEMORY : ''}`;
  const onCopied = (): unknown => (json || !quiet) && context.stdout.write(created);
  const mounts = mountsOf(options['mount'], context.cwd);
  const how = { keep, tmpfs, foreground, command: foreground ? rest : [], mounts };
  const begun = (begin: () => void, own?: (owner: number) => void) =>
    whileShown(invocation, context, 'copying and starting', ({ stage: onStage }) =>
      copyAndStart(
        { ...request, ...how, onStage },
        { warn, own, onCopied: () => (begin(), void onCopied()) },
      ),
    );
  const { newPath, system, environment } = request;
  const place = { name: request.newName, lxcpath: newPath, system, environment };
  if (foreground)
    return startInForeground({ ...place, note: signalNote(invocation, context, place.name) }, begun);
  await begun(() => undefined);
  return rest.length > 0 ? runAndHalt(place, rest) : 0;
}

async function copy(invocation: Invocation, context: CommandContext): Promise<number> {
  const task = taskOf(invocation, warner(invocation, context));
  if (task !== 'rename') await checkRcfile(invocation, context);
  const cloudInit = task === 'rename' ? undefined : await cloudInitOf(invocation, context);
  if (task === 'ephemeral') return ephemeral(invocation, context, cloudInit);
  if (task === 'rename') await rename(invocation, context);
  else
    await whileShown(invocation, context, 'copying', ({ stage: onStage }) =>
      copyContainer({ ...requestOf(invocation, context, cloudInit), onStage }),
    );
  if (invocation.options['json'] === true) {
    const { system, lxcpath, newPath, newName } = requestOf(invocation, context);
    context.stdout.write(madeJson(system, task === 'rename' ? lxcpath : newPath, newName));
  }
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-copy',
    summary: 'copies or renames the container NAME',
    usage:
      '--name=NAME -N NEWNAME [-p NEWPATH] [-s] [-a] [-B TYPE] [-K] [-M] [-- HOOK ARGUMENTS]\n' +
      '--name=NAME [-N NEWNAME] [-p NEWPATH] -e [-d|-F] [-D|-t] [-a] [-B TYPE] [-K] [-M] [-m MOUNTS] [-- COMMAND]\n' +
      '--name=NAME -N NEWNAME -R',
    name: 'required',
    offers: 'all',
    rest: 'words',
    options: [
      { flags: '-N, --newname <NEWNAME>', description: 'Name of the copy' },
      {
        flags: '-p, --newpath <PATH>',
        description: 'Keep the copy in PATH instead of the store of the source',
      },
      { flags: '-R, --rename', description: 'Rename it instead' },
      { flags: '--json', description: 'Tell as JSON what was made' },
      { flags: '-s, --snapshot', description: 'Copy on write: what neither changes is kept once' },
      { flags: '-a, --allowrunning', description: 'Also while it runs: it is frozen as long as it is read' },
      {
        flags: '--freeze-timeout <SECONDS>',
        description: 'With -a: give up where it would have to stand still for longer (60; -1: never)',
      },
      { flags: '-e, --ephemeral', description: 'Start a copy on write that is gone when it stops' },
      {
        flags: '-d, --daemon',
        description: 'With -e: return when the copy runs (default)',
        overrides: 'foreground',
      },
      {
        flags: '-F, --foreground',
        description: "With -e: this terminal is the copy's console",
        overrides: 'daemon',
      },
      { flags: '-D, --keepdata', description: 'With -e: keep the copy when it stops' },
      {
        flags: '-m, --mount <MOUNTS>',
        description:
          'With -e: bind=SOURCE[:TARGET][:ro|rw] or\noverlay=SOURCE[:TARGET] of the host in the copy;\nseveral with commas between',
        repeat: true,
      },
      {
        flags: '-t, --tmpfs',
        description: 'With -e: keep what the copy changes in memory,\nwhere a restart loses it',
      },
      {
        flags: '-B, --backingstorage <TYPE>',
        description: 'overlay, dir, btrfs or loop; as the source where it is not given',
      },
      { flags: '-L, --fssize <SIZE>', description: 'Size of the copy' },
      { flags: '-K, --keepname', description: 'Keep the host name' },
      { flags: '-M, --keepmac', description: 'Keep the hardware addresses' },
      ...CLOUD_INIT_OPTIONS,
      rcfileOption('the settings and the root filesystem'),
    ],
  },
  copy,
);
