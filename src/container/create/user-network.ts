/** What becomes of interfaces on a bridge that the administrator gives a plain user none of: passt carries their traffic. */
import { mayHaveInterface } from '../../network/user-bridge.ts';

/** "key = value", of [t]lxc.net.N.KEY; undefined where no line sets it. */
const settingOf = (lines: readonly string[], key: string): string | undefined =>
  lines.findLast((line) => line.startsWith(`${key} = `))?.slice(key.length + 3);

/** Lines for the first of them; what LXC reads stays as it is. */
export function passtLines(network: readonly string[]): readonly string[] {
  const indexes = network.flatMap((line) => /^lxc\.net\.(\d+)\.type = veth$/.exec(line)?.[1] ?? []);
  const isTaken = network.some((line) => /^tlxc\.net\.\d+\.type = /.test(line));
  const lacking = indexes.find((index) => {
    const [type, link] = ['type', 'link'].map((key) => settingOf(network, `lxc.net.${index}.${key}`));
    return type === 'veth' && link !== undefined && !mayHaveInterface(link);
  });
  if (lacking === undefined || isTaken) return [];
  return [
    `# Not on the bridge: see tlxc-user-nic(1). Without this line it is, once root has given you interfaces on it.`,
    `tlxc.net.${lacking}.type = passt`,
  ];
}
