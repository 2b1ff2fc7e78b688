/** The name by which two elements of a list are the same. */
export type Identify = (element: unknown) => string;

/** Where each element stands first. */
function positions(list: readonly unknown[], identify: Identify): Map<string, number> {
  const found = new Map<string, number>();
  for (const [index, element] of list.entries()) {
    const id = identify(element);
    if (!found.has(id)) found.set(id, index);
  }
  return found;
}

export interface Orders {
  /** The order that the client asked for; elements it does not name belong to the server alone. */
  readonly wanted: readonly unknown[];
  /** The order of the list before the patch. */
  readonly live: readonly unknown[];
}

/**
 * Puts a merged list in order, as upstream does: the relative order of what the client names is the
 * client's, the relative order of the rest is that of the live list, and both are interleaved as
 * the live list suggests.
 */
export function orderMerged(
  merged: readonly unknown[],
  { wanted, live }: Orders,
  identify: Identify,
): unknown[] {
  const wantedAt = positions(wanted, identify);
  const liveAt = positions(live, identify);
  const placed = merged.map((element) => {
    const id = identify(element);
    return { element, wanted: wantedAt.get(id), live: liveAt.get(id) ?? -1 };
  });
  const named = placed.filter((each) => each.wanted !== undefined);
  const serverOnly = placed.filter((each) => each.wanted === undefined);
  named.sort((a, b) => (a.wanted ?? 0) - (b.wanted ?? 0));
  serverOnly.sort((a, b) => a.live - b.live);

  const result: unknown[] = [];
  let next = 0;
  for (const client of named) {
    for (let server = serverOnly[next]; server; server = serverOnly[next]) {
      if (server.live < 0 || client.live < 0 || server.live >= client.live) break;
      result.push(server.element);
      next += 1;
    }
    result.push(client.element);
  }
  return [...result, ...serverOnly.slice(next).map(({ element }) => element)];
}
