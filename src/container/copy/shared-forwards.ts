/** What a copy asks the host for as its source does, and one container can have at a time: ports and sockets that lead inside. */
import type { ContainerConfig } from '../../config/model.ts';
import { showEnd } from '../../config/values/forward.ts';
import { shellWord } from '../../shell-word.ts';

interface Copied {
  readonly source: { readonly name: string };
  readonly target: { readonly name: string };
  readonly warn?: ((text: string) => void) | undefined;
}

/** The copy keeps them: it may be there to take the place of its source. */
export function tellOfForwards({ networks }: ContainerConfig, { source, target, warn }: Copied): void {
  const sides = networks.flatMap(({ forwards }) =>
    forwards.map(({ value: { protocol, from, count } }) => `${protocol} ${showEnd(from, 0, count)}`),
  );
  if (sides.length === 0 || warn === undefined) return;
  const [one = ''] = sides;
  warn(
    `${target.name} forwards ${sides.join(', ')} as ${source.name} does: only one of them can run; to change that: ` +
      `tlxc-device -n ${target.name} del proxy ${shellWord(one)} --saved`,
  );
}
