/** All commands in a phrase each: what `tlxc` alone prints, and what a mistyped one is compared with. */

export interface CommandGroup {
  readonly title: string;
  /** By the name after "tlxc-". */
  readonly commands: Readonly<Record<string, string>>;
}

export const COMMAND_GROUPS: readonly CommandGroup[] = [
  {
    title: 'Containers',
    commands: {
      create: 'make a container',
      start: 'start it',
      stop: 'stop, kill or reboot it',
      destroy: 'remove it',
      copy: 'copy or rename it',
      snapshot: 'keep its state, and go back to it',
      checkpoint: 'save it as it runs, and let it go on from there',
      export: 'make one file of it',
      import: 'make a container of such a file',
      execute: 'run one command in a container that ends with it',
      autostart: 'start and stop those that go with the host',
    },
  },
  {
    title: 'In a running container',
    commands: {
      attach: 'run a command or a shell in it',
      console: 'connect to its console',
      file: 'copy files in and out, and edit them',
      device: 'give it devices of the host',
      set: 'limit its memory, processors and more',
      cgroup: 'see and change files of its control groups',
      freeze: 'stop its processes where they are',
      unfreeze: 'let them go on',
    },
  },
  {
    title: 'Look',
    commands: {
      ls: 'list all containers',
      info: 'show all about one',
      top: 'watch what they use',
      logs: 'read what it has printed, boot by boot',
      monitor: 'follow what all of them do',
      wait: 'wait for a state',
    },
  },
  {
    title: 'Images, network, host',
    commands: {
      image: 'the images that containers are made from',
      net: 'the network that containers share',
      config: "TLXC's own settings",
      'update-config': 'write names from before LXC 3 as those of today',
      doctor: 'what of the host stands in the way',
      checkconfig: 'what of the kernel is there',
    },
  },
  {
    title: 'Without a container',
    commands: {
      unshare: 'run a command in new namespaces',
      usernsexec: 'run a command as root of a user namespace',
    },
  },
];

/** Without the "tlxc-". */
export const COMMAND_NAMES: readonly string[] = COMMAND_GROUPS.flatMap(({ commands }) =>
  Object.keys(commands),
);

/** What people type who know another manager of containers. */
export const NAMES_ELSEWHERE: Readonly<Record<string, string>> = {
  ...{
    list: 'ls',
    ps: 'ls',
    status: 'info',
    show: 'info',
    inspect: 'info',
    images: 'image',
    events: 'monitor',
  },
  ...{ exec: 'attach', shell: 'attach', enter: 'attach', login: 'console', run: 'execute' },
  ...{ init: 'create', launch: 'create', new: 'create', delete: 'destroy', remove: 'destroy', rm: 'destroy' },
  ...{ clone: 'copy', cp: 'copy', rename: 'copy -R', move: 'copy -R', mv: 'copy -R' },
  ...{ kill: 'stop -k', restart: 'stop -r', reboot: 'stop -r', shutdown: 'stop' },
  ...{ pause: 'freeze', resume: 'unfreeze', restore: 'snapshot -r', push: 'file push', pull: 'file pull' },
  ...{ network: 'net', check: 'doctor' },
};
