/** The processes that a process comes from, as /proc has them. */
import { readFileSync } from 'node:fs';

/** Deeper than processes nest, so that what changes meanwhile cannot lead in circles. */
const DEEPEST = 1000;

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0; // it has ended
  }
}

/** Itself first, then its parent, up to PID 1. */
export function ancestors(pid: number): readonly number[] {
  const found: number[] = [];
  for (let next = pid; next > 0 && found.length < DEEPEST; next = parentOf(next)) found.push(next);
  return found;
}
