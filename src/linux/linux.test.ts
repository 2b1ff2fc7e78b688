import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must } from "#lib/errors.ts";
import { mountTmpfs, unmount, unmountBelow } from "./mount.ts";
import { enterNewNetworkNamespace, withNetworkNamespace } from "./namespace.ts";
import { NetlinkError } from "./netlink/netlink-error.ts";
import { NETLINK_NETFILTER, NETLINK_ROUTE, NetlinkSocket } from "./netlink/socket.ts";
import { isIn, verdict } from "./nftables/expressions.ts";
import { ipv4Key, keyOf, portKey, protocolKey } from "./nftables/keys.ts";
import { deleteTable, readElements, replaceTable, type Table } from "./nftables/table.ts";
import { addAddress, listAddresses, removeAddress } from "./rtnetlink/addresses.ts";
import {
  createLink,
  createVeth,
  deleteLink,
  findLink,
  listLinks,
  moveLink,
  renameLink,
  setLinkUp,
} from "./rtnetlink/links.ts";
import {
  addRoute,
  listDefaultRoutes,
  readRoutes,
  removeRoute,
  replaceRoute,
} from "./rtnetlink/routes.ts";
import { watchNetwork } from "./rtnetlink/watch.ts";
import { readSysctl, writeSysctl } from "./sysctl.ts";

const stack = new DisposableStack();
let routes: NetlinkSocket;
let netfilter: NetlinkSocket;

beforeAll(() => {
  stack.use(enterNewNetworkNamespace());
  routes = stack.use(new NetlinkSocket({ protocol: NETLINK_ROUTE }));
  netfilter = stack.use(new NetlinkSocket({ protocol: NETLINK_NETFILTER }));
});

afterAll(() => stack.dispose());

const refusal = (fn: () => void): NetlinkError => {
  try {
    fn();
  } catch (error) {
    if (error instanceof NetlinkError) return error;
    throw error;
  }
  throw new Error("Expected a refusal");
};

test("a link is made, found, renamed, set up and deleted", async () => {
  createLink(routes, { name: "one", kind: "bridge", alias: "whose it is" });
  expect(findLink(routes, "one")).toMatchObject({
    kind: "bridge",
    up: false,
    alias: "whose it is",
  });
  renameLink(routes, "one", "two");
  setLinkUp(routes, "two");
  expect(findLink(routes, "one")).toBeUndefined();
  expect(listLinks(routes).find(({ name }) => name === "two")?.up).toBe(true);
  await deleteLink(routes, "two");
  await deleteLink(routes, "two");
  expect(findLink(routes, "two")).toBeUndefined();
});

test("the kernel's refusal names what was tried, errno and reason", () => {
  const error = refusal(() => createLink(routes, { name: "lo", kind: "bridge" }));
  expect(error).toMatchObject({ code: "EEXIST", errno: 17 });
  expect(error.message).toStartWith("Cannot create the bridge lo: EEXIST");
  const route = refusal(() =>
    addRoute(routes, { destination: "10.9.0.0/16", gateway: "10.8.0.1" }),
  );
  expect(route.detail).toBe("Nexthop has invalid gateway");
});

test("one end of a veth lives in the namespace of another process", async () => {
  const child = Bun.spawn(["unshare", "--net", "cat"], { stdin: "pipe", stdout: "pipe" });
  await child.stdin.write("here\n");
  await child.stdin.flush();
  await child.stdout.getReader().read();
  createVeth(routes, { name: "out", mtu: 1400, peer: { name: "in", namespace: child } });
  createVeth(routes, { name: "left", peer: { name: "right" } });
  moveLink(routes, "right", { pid: child.pid });
  const inside = withNetworkNamespace(child.pid, () => {
    using own = new NetlinkSocket({ protocol: NETLINK_ROUTE });
    return listLinks(own).map(({ name, mtu }) => [name, mtu]);
  });
  expect(inside).toContainEqual(["in", 1400]);
  expect(inside).toContainEqual(["right", 1500]);
  expect(findLink(routes, "in")).toBeUndefined();
  child.kill();
  await child.exited;
  await deleteLink(routes, "out");
  await deleteLink(routes, "left");
});

test("what a namespace section throws comes out, and the thread is back", () => {
  const before = listLinks(routes).length;
  expect(() =>
    withNetworkNamespace(process.pid, () => {
      throw new RangeError("inside");
    }),
  ).toThrow("inside");
  using socket = new NetlinkSocket({ protocol: NETLINK_ROUTE });
  expect(listLinks(socket)).toHaveLength(before);
});

test("addresses and routes are idempotent and can be taken back", async () => {
  createLink(routes, { name: "net", kind: "bridge" });
  setLinkUp(routes, "net");
  const link = must(findLink(routes, "net"), "the link").index;
  const address = { link, address: "10.7.0.1", bits: 24 };
  addAddress(routes, address);
  addAddress(routes, address);
  const known = { ...address, scope: "global", lasting: true } as const;
  expect(listAddresses(routes)).toContainEqual(known);
  const route = { destination: "10.8.0.0/16", gateway: "10.7.0.2", metric: 7 };
  replaceRoute(routes, route);
  replaceRoute(routes, route);
  const found = readRoutes().filter(({ gateway }) => gateway === "10.7.0.2");
  expect(found).toMatchObject([{ link, metric: 7, type: "unicast", destination: { bits: 16 } }]);
  removeRoute(routes, route);
  removeRoute(routes, route);
  removeAddress(routes, address);
  removeAddress(routes, address);
  expect(listAddresses(routes)).not.toContainEqual(known);
  await deleteLink(routes, "net");
});

test("who watches the addresses is told that one came or went, and of no other link's news", async () => {
  createLink(routes, { name: "net", kind: "bridge" });
  const address = {
    link: must(findLink(routes, "net"), "the link").index,
    address: "10.7.0.9",
    bits: 24,
  };
  let told = Promise.withResolvers<void>();
  let count = 0;
  using _watch = await watchNetwork(["addresses"], () => {
    count += 1;
    told.resolve();
  });
  setLinkUp(routes, "net");
  addAddress(routes, address);
  await told.promise;
  told = Promise.withResolvers();
  removeAddress(routes, address);
  await told.promise;
  expect(count).toBe(2);
  await deleteLink(routes, "net");
});

test("the ways out are told with link, next hop, source and metric; a blocked one is none", async () => {
  createVeth(routes, { name: "net", peer: { name: "far" } });
  setLinkUp(routes, "net");
  const link = must(findLink(routes, "net"), "the link").index;
  addAddress(routes, { link, address: "10.7.0.1", bits: 24 });
  replaceRoute(routes, { destination: "0.0.0.0/0", link, gateway: "10.7.0.2", metric: 5 });
  replaceRoute(routes, { destination: "0.0.0.0/0", link, source: "10.7.0.1", metric: 3 });
  replaceRoute(routes, { destination: "0.0.0.0/0", type: "unreachable", metric: 1 });
  addAddress(routes, { link, address: "fd07::1", bits: 64 });
  replaceRoute(routes, { destination: "::/0", link, gateway: "fd07::2", metric: 5 });
  // The other end is down: there is no carrier.
  const inOrder = false;
  expect(listDefaultRoutes(routes, "ip").toSorted((a, b) => a.metric - b.metric)).toEqual([
    { link, source: "10.7.0.1", metric: 3, inOrder },
    { link, gateway: "10.7.0.2", metric: 5, inOrder },
  ]);
  expect(listDefaultRoutes(routes, "ip6")).toEqual([
    { link, gateway: "fd07::2", metric: 5, inOrder },
  ]);
  await deleteLink(routes, "net");
});

const table: Table = {
  family: "ip",
  name: "test",
  sets: [
    {
      name: "many",
      key: ["ipv4", "protocol", "port"],
      elements: Array.from({ length: 3000 }, (_, n) => ({
        key: keyOf(ipv4Key(`10.43.${n >> 8}.${n & 255}`), protocolKey("TCP"), portKey(80)),
      })),
    },
  ],
  chains: [
    {
      name: "in",
      hook: { type: "filter", at: "input", priority: 0 },
      rules: [
        [...isIn("many", ["destination", "protocol", "destinationPort"]), ...verdict("drop")],
      ],
    },
  ],
};

test("a table with thousands of elements is replaced as a whole and read back", () => {
  replaceTable(netfilter, table);
  replaceTable(netfilter, table);
  const elements = must(readElements(netfilter, table, "many"), "the set");
  expect(elements).toHaveLength(3000);
  expect(readElements(netfilter, table, "none")).toBeUndefined();
  deleteTable(netfilter, table);
  deleteTable(netfilter, table);
  expect(readElements(netfilter, table, "many")).toBeUndefined();
});

test("a table that the kernel refuses leaves the one before as it was", () => {
  replaceTable(netfilter, table);
  const chains = [{ name: "in", rules: [[...isIn("missing", ["protocol"])]] }];
  const error = refusal(() => replaceTable(netfilter, { ...table, chains }));
  expect(error.message).toStartWith("Cannot add a rule to the chain in: ENOENT");
  expect(readElements(netfilter, table, "many")).toHaveLength(3000);
  deleteTable(netfilter, table);
});

test("a tmpfs is mounted with its limits, and taken off", () => {
  const path = mkdtempSync(join(tmpdir(), "edgesite-tmpfs-"));
  mountTmpfs(path, { sizeBytes: 65_536 });
  mkdirSync(join(path, "directory"));
  expect(() => writeFileSync(join(path, "big"), Buffer.alloc(131_072))).toThrow("ENOSPC");
  unmount(path);
  unmount(path);
  expect(readdirSync(path)).toEqual([]);
  rmdirSync(path);
});

test("all that is mounted below a directory is taken off, the deepest first", () => {
  const path = mkdtempSync(join(tmpdir(), "edgesite-tmpfs-"));
  for (const name of ["a b", "a b/deep"]) {
    mkdirSync(join(path, name));
    mountTmpfs(join(path, name));
  }
  unmountBelow(path);
  expect(readdirSync(join(path, "a b"))).toEqual([]);
  rmSync(path, { recursive: true });
});

test("kernel parameters are those of the thread's namespace", () => {
  writeSysctl("net/ipv4/ip_forward", "1");
  expect(readSysctl("net/ipv4/ip_forward")).toBe("1");
  expect(readSysctl("net/ipv4/no_such_parameter")).toBeUndefined();
});
