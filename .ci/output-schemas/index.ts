/** The JSON Schemas of what commands print with --json, by the names of their files in config/schema. */
import type { TSchema } from '@sinclair/typebox';
import * as containers from './containers.ts';
import * as host from './host.ts';

interface Output {
  /** What prints it. */
  readonly title: string;
  readonly schema: TSchema;
}

const output = (title: string, schema: TSchema): Output => ({ title, schema });

export const outputs: Readonly<Record<string, Output>> = {
  error: output(
    'Errors and warnings of every command with --json: a line of standard error each',
    host.error,
  ),
  'tlxc-autostart': output('tlxc-autostart --json', containers.autostart),
  'tlxc-autostart-list': output('tlxc-autostart -L --json', containers.autostartList),
  'tlxc-cgroup': output('tlxc-cgroup --json FILE', containers.cgroup),
  'tlxc-cgroup-set': output('tlxc-cgroup --json FILE VALUE', containers.cgroupSet),
  'tlxc-checkconfig': output('tlxc-checkconfig --json', host.checkconfig),
  'tlxc-config': output('tlxc-config --json ITEM', host.configItem),
  'tlxc-config-explain': output('tlxc-config explain --json', host.configExplain),
  'tlxc-config-list': output('tlxc-config -l --json', host.configList),
  'tlxc-container': output('tlxc-create, tlxc-copy, tlxc-import --json: what was made', containers.made),
  'tlxc-device-list': output('tlxc-device list --json', containers.devices),
  'tlxc-doctor': output('tlxc-doctor --json', host.doctor),
  'tlxc-doctor-denials': output('tlxc-doctor --denials --json', host.denials),
  'tlxc-export': output('tlxc-export --json: what was written', containers.exported),
  'tlxc-image-info': output('tlxc-image info --json', host.image),
  'tlxc-image-list': output('tlxc-image list --json', host.imageList),
  'tlxc-image-list-remote': output('tlxc-image list --remote --json', host.imageListRemote),
  'tlxc-image-prune': output('tlxc-image prune --json', host.imagePrune),
  'tlxc-image-stored': output('tlxc-image pull, import, build --json', host.imageStored),
  'tlxc-image-verify': output('tlxc-image verify --json', host.imageVerify),
  'tlxc-info': output('tlxc-info --json', containers.info),
  'tlxc-ls': output('tlxc-ls --json', containers.ls),
  'tlxc-logs': output('tlxc-logs --json: a line', containers.log),
  'tlxc-monitor': output('tlxc-monitor --json: a line', containers.monitor),
  'tlxc-net': output('tlxc-net status, start, restart --json', host.net),
  'tlxc-net-user': output("tlxc-net status --json, a plain user's", host.netOfUser),
  'tlxc-set': output('tlxc-set --json', containers.limits),
  'tlxc-snapshot': output('tlxc-snapshot --json: what was taken', containers.snapshot),
  'tlxc-snapshot-diff': output('tlxc-snapshot --diff --json', containers.snapshotDiff),
  'tlxc-snapshot-list': output('tlxc-snapshot -L --json', containers.snapshotList),
  'tlxc-top': output('tlxc-top --json: a line', containers.top),
  'tlxc-update-config': output('tlxc-update-config --json', host.updateConfig),
  'tlxc-wait': output('tlxc-wait --json', containers.wait),
};

/** The text of a file of config/schema. */
export function outputSchemaText({ title, schema }: Output): string {
  const head = { $schema: 'http://json-schema.org/draft-07/schema#', title };
  return `${JSON.stringify({ ...head, ...schema }, null, 2)}\n`;
}
