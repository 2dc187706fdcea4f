/**
 * Files outside a new tree that nobody counts on before the tree is there, and that are brought to disk with it (host/trees.ts):
 * each sync is a write of the journal that everybody waits for.
 */
const left = new Map<string, string[]>();

/** The file, on the tree's filesystem, is written, and not on disk. */
export function leaveToSync(tree: string, file: string): void {
  left.set(tree, [...(left.get(tree) ?? []), file]);
}

/** What was left to the tree's sync so far; it is the caller's now. */
export function takeLeftToSync(tree: string): readonly string[] {
  const files = left.get(tree) ?? [];
  left.delete(tree);
  return files;
}
