/** A difference from LXC that the manual tells of, and what shows it. */
export interface Claim {
  /** Words of the page. */
  readonly quote: string;
  readonly script: string;
  /** What LXC's commands print; null where the script is for ours alone. */
  readonly lxc: RegExp | null;
  readonly tlxc: RegExp;
}
