/**
 * Where a value lies below a variable: `self`, `ports`, `@items`. Paths grow as Go's slices do, and
 * share what they grow into: of two that were grown from one, the later may rename the earlier.
 * cel-go's estimates, which decide what rules Kubernetes lets in, are what they are because of that.
 */
export interface GrownPath {
  readonly names: string[];
  readonly length: number;
  readonly room: number;
}

export function grown(path: GrownPath | undefined, name: string): GrownPath {
  const { names, length, room } = path ?? { names: [], length: 0, room: 0 };
  const isFull = length === room;
  const into = isFull ? names.slice(0, length) : names;
  into[length] = name;
  return { names: into, length: length + 1, room: isFull ? Math.max(1, room * 2) : room };
}

/** The names below the variable. */
export const belowVariable = ({ names, length }: GrownPath): readonly string[] =>
  names.slice(1, length);
