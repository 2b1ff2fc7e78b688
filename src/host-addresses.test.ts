import { afterAll, beforeAll, expect, test } from "bun:test";
import { silentLogger } from "#lib/log.ts";
import { enterNewNetworkNamespace } from "#linux/namespace.ts";
import { eventually } from "#test/kit/eventually.ts";
import { output } from "#test/kit/process.ts";
import { HostAddresses } from "./host-addresses.ts";

const stack = new DisposableStack();
const ip = (text: string) => output(["ip", ...text.split(" ")]);
const GATEWAY = "10.42.0.1";
const options = { fallback: GATEWAY, log: silentLogger };

beforeAll(async () => {
  stack.use(enterNewNetworkNamespace());
  await ip("link set lo up");
});
afterAll(() => stack.dispose());

test("a machine that gets a network later, and another one, is told of both", async () => {
  const life = new AbortController();
  const addresses = new HostAddresses({ ...options, ipv6: true });
  await addresses.follow(life.signal);
  const told: (readonly string[])[] = [];
  using _ = addresses.onChange(() => void told.push(addresses.current));
  expect([addresses.current, addresses.all]).toEqual([[GATEWAY], []]);
  const become = (current: readonly string[]) =>
    eventually(() => Bun.deepEquals(told.at(-1), current), {
      withinMs: 5000,
      what: `The node's addresses ${current.join()}`,
    });

  await ip("link add lan0 type veth peer name far0");
  await ip("link set lan0 up");
  await ip("link set far0 up");
  await ip("address add 192.0.2.1/24 dev lan0");
  await ip("address add 198.51.100.1/24 dev far0");
  await ip("-6 address add 2001:db8::1/64 dev lan0 nodad");
  await ip("route add default via 198.51.100.254");
  await become(["198.51.100.1", "2001:db8::1"]);
  expect(addresses.all.toSorted()).toEqual(["192.0.2.1", "198.51.100.1"]);

  // DHCP has another address for it.
  await ip("address delete 198.51.100.1/24 dev far0");
  await become(["192.0.2.1", "2001:db8::1"]);
  // The cable is out: no route leads to where the address was.
  await ip("link set lan0 down");
  await become([GATEWAY]);
  expect(addresses.all).toEqual(["192.0.2.1"]);

  life.abort(new Error("The test is over"));
});

test("links of pods and engines are no way to this machine, a router's bridge is", async () => {
  const read = () => new HostAddresses({ ...options, ipv6: false }).all;
  const before = read();
  await ip("link add es0123456789abc type veth peer name docker0");
  await ip("link add br-0123456789ab type veth peer name br-lan");
  await using links = new AsyncDisposableStack();
  links.defer(async () => void (await ip("link delete docker0")));
  links.defer(async () => void (await ip("link delete br-lan")));
  await ip("address add 203.0.113.1/32 dev es0123456789abc");
  await ip("address add 203.0.113.2/32 dev docker0");
  await ip("address add 203.0.113.3/32 dev br-0123456789ab");
  expect(read()).toEqual(before);
  await ip("address add 203.0.113.4/32 dev br-lan");
  expect(read()).toEqual([...before, "203.0.113.4"]);
});
