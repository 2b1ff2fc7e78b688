import type { Connection, Request } from "./connection.ts";

/** Sends requests over all connections at once, each as soon as the one before is answered. */
export async function drive(
  connections: readonly Connection[],
  { count, request }: { readonly count: number; readonly request: (index: number) => Request },
): Promise<void> {
  let next = 0;
  const lane = async (connection: Connection): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      const { status } = await connection.send(request(index));
      if (status >= 300) throw new Error(`Request ${index} was answered with ${status}`);
    }
  };
  await Promise.all(connections.map(lane));
}
