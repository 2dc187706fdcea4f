/** tlxc-create */
import { createContainer } from '../container/create/create.ts';
import type { Ask } from '../image/templates/template.ts';
import { templateUsage } from '../image/templates/usage.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { CLOUD_INIT_OPTIONS, cloudInitOf } from './cloud-init-options.ts';
import { argumentOf } from './options.ts';
import { volumeOptions } from './volume-options.ts';
import { imageProgress, seesOutput } from './image-progress.ts';
import { madeJson } from './made.ts';
import { namedConfig } from './rcfile.ts';
import { usageError } from './usage.ts';

function templateOf({ options }: Invocation): string {
  const template = argumentOf(options['template']);
  if (template) return template;
  throw usageError(
    'A template must be specified',
    'Use "none" if you really want a container without a rootfs; -t download takes a ready-made system',
  );
}

/** Asks on the terminal; undefined where nobody sits at one. */
function asker(context: CommandContext, quiet: boolean): Ask | undefined {
  if (quiet || context.stdout.isTTY !== true || context.stdin.isTTY !== true) return undefined;
  return async ({ message, choices, preferred }) => {
    const { default: select } = await import('@inquirer/select');
    const first = choices.includes(preferred) ? { default: preferred } : {};
    return select({ message, choices: choices.map((value) => ({ value })), pageSize: 15, ...first });
  };
}

async function create(invocation: Invocation, context: CommandContext): Promise<number> {
  const { name, lxcpath, system, options, rest, quiet } = invocation;
  const template = templateOf(invocation);
  const { stdout, stderr } = context;
  const cloudInit = await cloudInitOf(invocation, context);
  const json = options['json'] === true;
  const ask = asker(context, quiet || json);
  // Standard output is for the object alone.
  const progress = imageProgress(json ? { ...context, stdout: stderr, stderr } : context, quiet);
  // Asked for last: Node takes milliseconds to open its standard input.
  const ownStreams = !quiet && template.startsWith('/') && context.stdin.fd === 0;
  try {
    const created = await createContainer({
      ...{ name, lxcpath, system, template, templateArgs: rest },
      configFile: namedConfig(options['config'], context.cwd),
      backend: argumentOf(options['bdev']),
      volume: volumeOptions(options),
      privileged: options['privileged'] === true,
      environment: context.env,
      onEvent: progress.show,
      outputSeen: seesOutput(context, quiet),
      keepOnFailure: options['keepOnFailure'] === true,
      cloudInit,
      ...(ask && { ask }),
      ...(ownStreams && { stdio: json ? ([0, 2, 2] as const) : ([0, 1, 2] as const) }),
    });
    progress.end();
    if (created.kind === 'text') stdout.write(created.text);
    else if (json) stdout.write(madeJson(system, lxcpath, name));
    else if (!quiet && created.message !== '') stdout.write(`\n---\n${created.message}\n`);
    return 0;
  } finally {
    progress.end();
  }
}

export default defineCommand(
  {
    program: 'tlxc-create',
    summary: 'creates a container',
    usage: '--name=NAME --template=TEMPLATE [OPTION...] [-- template-options]',
    name: 'required',
    rest: 'words',
    moreHelp: async ({ template }) =>
      typeof template === 'string' ? `\n${await templateUsage(template)}` : '',
    options: [
      { flags: '-f, --config <CONFIG>', description: 'Initial configuration file' },
      {
        flags: '-t, --template <TEMPLATE>',
        description: 'download, oci, debian, busybox, local, none,\nor the path of a template program',
      },
      {
        flags: '-B, --bdev <BDEV>',
        description:
          'Backing store, or several with commas, the first that can be:\noverlay, squashfs, erofs, dir, btrfs, loop, lvm, zfs, rbd, or best.\nDefault: tlxc.bdev in tlxc.conf(5), which is best',
      },
      {
        flags: '--fssize <SIZE>',
        description: 'Its size: a number of MiB, or one with b, k, m, g or t behind it',
      },
      { flags: '--fstype <TYPE>', description: 'Its filesystem: ext4 (the default), xfs or btrfs' },
      { flags: '--privileged', description: 'Root inside is root on the host: no id map' },
      {
        flags: '--keep-on-failure',
        description: 'Keep what a template program has made when it fails',
      },
      ...CLOUD_INIT_OPTIONS,
      { flags: '--json', description: 'Tell as JSON what was made' },
      { flags: '--lvname <NAME>', description: 'With -B lvm: name of the logical volume' },
      { flags: '--vgname <GROUP>', description: 'With -B lvm: its volume group' },
      { flags: '--thinpool <POOL>', description: 'With -B lvm: a thin pool of the group' },
      { flags: '--zfsroot <DATASET>', description: 'With -B zfs: what its dataset is made in' },
      { flags: '--rbdname <NAME>', description: 'With -B rbd: name of the image' },
      { flags: '--rbdpool <POOL>', description: 'With -B rbd: its pool' },
      { flags: '--rbduser <USER>', description: 'Refused: set lxc.bdev.rbd.rbduser in tlxc.conf(5)' },
      { flags: '--dir <DIRECTORY>', description: 'With -B dir: the directory, instead of NAME/rootfs' },
    ],
  },
  create,
);
