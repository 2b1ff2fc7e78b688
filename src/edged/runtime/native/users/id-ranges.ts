/** IDs of the host, users' and groups' alike, that a pod sees as 0 and what follows. */
export interface IdRange {
  readonly first: number;
  readonly count: number;
}

/** What of the host's IDs pods may have. */
export interface IdSpace extends IdRange {
  /** Somebody else's, within it. */
  readonly foreign: readonly IdRange[];
  /** Which of its ranges comes first: that of a site, so that two sites on one box do not meet. */
  readonly preferred: number;
}

/** As many as kubelet gives to each pod: what images are made for. */
export const IDS_PER_POD = 65_536;

/** A sandbox, and whose it is. */
export interface RangeOwner {
  readonly id: string;
  readonly pod: { readonly uid: string };
}

/** Which sandbox has which range. No two pods have one in common; all sandboxes of a pod have the same. */
export class IdRanges {
  readonly #taken = new Map<string, { readonly uid: string; readonly range: IdRange }>();

  /** Notes what a sandbox has had since before. */
  keep({ id, pod }: RangeOwner, range: IdRange): void {
    this.#taken.set(id, { uid: pod.uid, range });
  }

  /** @throws when there is none left. */
  take(owner: RangeOwner, space: IdSpace): IdRange {
    const taken = [...this.#taken.values()];
    const range =
      taken.find(({ uid }) => uid === owner.pod.uid)?.range ??
      firstFree(space, [...space.foreign, ...taken.map((one) => one.range)]);
    if (!range) {
      const last = space.first + space.count - 1;
      throw new Error(`No ${IDS_PER_POD} IDs between ${space.first} and ${last} are free`);
    }
    this.keep(owner, range);
    return range;
  }

  /** Nothing runs under them any more. */
  release({ id }: Pick<RangeOwner, "id">): void {
    this.#taken.delete(id);
  }
}

function firstFree(space: IdSpace, taken: readonly IdRange[]): IdRange | undefined {
  const ranges = Math.floor(space.count / IDS_PER_POD);
  for (let index = 0; index < ranges; index++) {
    const first = space.first + ((space.preferred + index) % ranges) * IDS_PER_POD;
    const range = { first, count: IDS_PER_POD };
    if (!taken.some((other) => overlap(range, other))) return range;
  }
  return undefined;
}

function overlap(one: IdRange, other: IdRange): boolean {
  return one.first < other.first + other.count && other.first < one.first + one.count;
}
