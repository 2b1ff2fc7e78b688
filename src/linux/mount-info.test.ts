import { expect, test } from "bun:test";
import { mountOf, parseMountInfo } from "./mount-info.ts";

// proc(5): optional fields end with a single hyphen.
const TEXT = `22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:26 / /srv rw - tmpfs tmpfs rw
31 22 0:27 / /srv/with\\040blank rw shared:5 master:1 - tmpfs tmpfs rw,size=1k
32 22 0:28 / /srv rw master:7 propagate_from:2 - tmpfs tmpfs rw
`;

test("a mount's line says whether it spreads what is mounted below it", () => {
  const spread = parseMountInfo(TEXT).map(({ mountPoint, shared, slave }) => [
    ...[mountPoint, shared, slave],
  ]);
  expect(spread).toEqual([
    ["/", true, false],
    ["/srv", false, false],
    ["/srv/with blank", true, true],
    ["/srv", false, true],
  ]);
});

test("a path lies on the deepest mount above it, and on the last of several", () => {
  const mounts = parseMountInfo(TEXT);
  const pointOf = (path: string) => mountOf(mounts, path)?.mountPoint;
  expect(["/", "/srvs", "/srv/with blank", "/srv/with blank/x", "/srv/x"].map(pointOf)).toEqual([
    ...["/", "/", "/srv/with blank", "/srv/with blank", "/srv"],
  ]);
  expect(mountOf(mounts, "/srv")).toMatchObject({ slave: true });
  expect(mountOf([], "/srv")).toBeUndefined();
});
