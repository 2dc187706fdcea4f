/** Something mounted for one program: in a mount namespace that ends with it. */

export interface ProgramMount {
  readonly fstype: string;
  readonly options: string;
  readonly source: string;
  readonly target: string;
}

/** Words that mount something for the program that follows them. They may follow one another. */
export function mounting({ fstype, options, source, target }: ProgramMount): readonly string[] {
  const line = 'mount -n -t "$1" -o "$2" -- "$3" "$4" && shift 4 && exec "$@"';
  const unshare = ['unshare', '--mount', '--propagation', 'private'];
  return [...unshare, 'sh', '-c', line, 'mount', fstype, options, source, target];
}
