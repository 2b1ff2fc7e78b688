import { expect, test } from "bun:test";
import type { KnownAddress } from "#linux/rtnetlink/addresses.ts";
import type { DefaultRoute } from "#linux/rtnetlink/routes.ts";
import { chooseAddress } from "./choose-address.ts";

const LAN = 2;
const MODEM = 3;

const address = (text: string, more: Partial<KnownAddress> = {}): KnownAddress => ({
  ...{ link: LAN, address: text, bits: 24, scope: "global", lasting: true },
  ...more,
});
const route = (more: Partial<DefaultRoute> = {}): DefaultRoute => ({
  ...{ link: LAN, metric: 100, inOrder: true },
  ...more,
});
const lan = address("192.0.2.1");
const modem = address("198.51.100.1", { link: MODEM });

test("the link of the best default route tells, whatever the order of the addresses", () => {
  const addresses = [lan, modem];
  const viaModem = route({ link: MODEM, metric: 50 });
  const defaultRoutes = [route(), viaModem];
  expect(chooseAddress({ addresses, defaultRoutes })).toEqual({
    address: "198.51.100.1",
    byRoute: true,
  });
  // One whose link has no carrier is the last choice.
  const broken = { addresses, defaultRoutes: [route(), { ...viaModem, inOrder: false }] };
  expect(chooseAddress(broken)?.address).toBe("192.0.2.1");
});

test("of several addresses on that link the route's own counts, then the one beside the next hop", () => {
  const addresses = [address("203.0.113.9"), lan, address("192.0.2.7")];
  const chosen = (one: DefaultRoute) => chooseAddress({ addresses, defaultRoutes: [one] })?.address;
  expect(chosen(route({ source: "192.0.2.7", gateway: "192.0.2.254" }))).toBe("192.0.2.7");
  expect(chosen(route({ gateway: "192.0.2.254" }))).toBe("192.0.2.1");
  expect(chosen(route())).toBe("203.0.113.9");
});

test("what was chosen is kept while it is there, also when a better way out came", () => {
  const before = { address: "192.0.2.1", byRoute: true };
  const both = { addresses: [modem, lan], defaultRoutes: [route({ link: MODEM, metric: 1 })] };
  expect(chooseAddress(both, before)).toBe(before);
  expect(chooseAddress({ ...both, defaultRoutes: [] }, before)).toBe(before);
  const alone = { ...both, addresses: [modem] };
  expect(chooseAddress(alone, before)?.address).toBe("198.51.100.1");
});

test("a guess gives way to a default route, and to nothing else", () => {
  const guess = chooseAddress({ addresses: [lan], defaultRoutes: [] });
  expect(guess).toEqual({ address: "192.0.2.1", byRoute: false });
  expect(chooseAddress({ addresses: [modem, lan], defaultRoutes: [] }, guess)).toBe(guess);
  const routed = { addresses: [modem, lan], defaultRoutes: [route({ link: MODEM })] };
  expect(chooseAddress(routed, guess)).toEqual({ address: "198.51.100.1", byRoute: true });
});

test("addresses of the link alone, and those that pass, are no choice", () => {
  const addresses = [
    address("169.254.1.1", { scope: "link" }),
    address("2001:db8::1", { lasting: false }),
  ];
  expect(chooseAddress({ addresses, defaultRoutes: [route()] })).toBeUndefined();
});
