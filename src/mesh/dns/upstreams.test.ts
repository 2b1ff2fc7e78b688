import { expect, test } from "bun:test";
import { parseResolvConf, parseUpstreams } from "./upstreams.ts";

const own = new Set(["169.254.96.16"]);

test("name servers of a resolv.conf are found, ours and what is none left out", () => {
  const text = `# comment
search example.com
nameserver 169.254.96.16
  nameserver 9.9.9.9 # quad nine
nameserver 9.9.9.9
nameserver not-an-address
nameserver fe80::1%eth0
;nameserver 8.8.8.8
nameserver 127.0.0.53
nameserver 1.1.1.1
`;
  expect(parseResolvConf(text, own).map(({ address }) => address)).toEqual([
    "9.9.9.9",
    "fe80::1%eth0",
    "127.0.0.53",
  ]);
});

test("configured servers may name a port", () => {
  expect(
    parseUpstreams(["10.0.0.1:5353", "10.0.0.2", "2001:db8::1", "169.254.96.16"], own),
  ).toEqual([
    { address: "10.0.0.1", port: 5353 },
    { address: "10.0.0.2", port: 53 },
    { address: "2001:db8::1", port: 53 },
  ]);
  for (const text of ["dns.example", "10.0.0.1:0", "10.0.0.1:99999", ""]) {
    expect(() => parseUpstreams([text], own)).toThrow(RangeError);
  }
});
