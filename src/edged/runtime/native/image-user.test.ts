import { expect, test } from "bun:test";
import { resolveUser } from "./image-user.ts";

const FILES: Readonly<Record<string, string>> = {
  "etc/passwd":
    "root:x:0:0:root:/root:/bin/sh\n# none\nweb:x:33:34:web:/srv:/bin/false\nalso:x:33:1::/:\n",
  "etc/group": "root:x:0:\nweb:x:34:\nlogs:x:50:web, other\nmail:x:8:other\n",
};
const who = (text: string, files = FILES) => resolveUser(text, async (path) => files[path]);

test("nobody named is root, whose home the image tells", async () => {
  expect(await who("")).toEqual({ uid: 0, gid: 0, groups: [], home: "/root" });
});

test("a name brings its group, its further groups and its home", async () => {
  expect(await who("web")).toEqual({ uid: 33, gid: 34, groups: [50], home: "/srv" });
});

test("a number is looked up as well, and needs no entry", async () => {
  expect(await who("33")).toEqual({ uid: 33, gid: 34, groups: [50], home: "/srv" });
  expect(await who("4242")).toEqual({ uid: 4242, gid: 0, groups: [], home: "/" });
  expect(await who("4242", {})).toEqual({ uid: 4242, gid: 0, groups: [], home: "/" });
});

test("a group that is named is the only one", async () => {
  expect(await who("web:mail")).toEqual({ uid: 33, gid: 8, groups: [], home: "/srv" });
  expect(await who("0:777")).toEqual({ uid: 0, gid: 777, groups: [], home: "/root" });
});

test("names that the image does not know are refused", () => {
  expect(who("ghost")).rejects.toThrow("Unable to find user ghost: no matching entries");
  expect(who("web:ghosts")).rejects.toThrow("Unable to find group ghosts: no matching entries");
  expect(who("9999999999")).rejects.toThrow("Unable to find user 9999999999");
});
