import { NETLINK_NETFILTER, NetlinkSocket } from "../netlink/socket.ts";
import type { TableName } from "./protocol.ts";
import { hasTable } from "./table.ts";
import { watchTables } from "./watch.ts";

export interface KeptTables {
  readonly tables: readonly TableName[];
  /** Puts them there again. */
  put(): void;
  /** After they were put again, or with the reason why not. */
  onLoss(failure?: unknown): void;
}

/** Puts tables back when somebody took one away, as `nft flush ruleset` takes everybody's. */
export function keepTables({ tables, put, onLoss }: KeptTables): Promise<Disposable> {
  return watchTables(() => {
    try {
      using socket = new NetlinkSocket({ protocol: NETLINK_NETFILTER });
      if (tables.every((table) => hasTable(socket, table))) return;
      put();
    } catch (error) {
      return onLoss(error);
    }
    onLoss();
  });
}
