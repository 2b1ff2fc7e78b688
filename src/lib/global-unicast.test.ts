import { expect, test } from "bun:test";
import { isGlobalUnicast } from "./global-unicast.ts";

test.each(["10.42.0.7", "192.0.2.1", "2001:db8::1", "fd00::1", "::ffff:10.0.0.1"])(
  "%s is one machine's",
  (address) => {
    expect(isGlobalUnicast(address)).toBeTrue();
  },
);

test.each([
  ...["", "web", "10.42.0", "10.42.0.7:80", "0.0.0.0", "255.255.255.255", "127.0.0.1", "127.1.2.3"],
  ...["169.254.169.254", "224.0.0.1", "239.1.1.1", "::", "::1", "fe80::1", "febf::1", "ff02::1"],
  ...["::ffff:127.0.0.1", "::ffff:169.254.169.254"],
])("%s is not", (address) => {
  expect(isGlobalUnicast(address)).toBeFalse();
});
