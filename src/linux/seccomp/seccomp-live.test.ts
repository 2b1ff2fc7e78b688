import { expect, test } from "bun:test";
import { release } from "node:os";
import { resolve } from "node:path";
import { DEFAULT_CAPABILITIES } from "../capabilities.ts";
import { compileSeccomp } from "./filter.ts";
import { defaultSeccompProfile } from "./profiles.ts";

/** A process that takes a filter upon itself, then tries calls, by itself and by a child. */
const SCRIPT = `
import { addressOf, stableBytes, systemCall } from ${JSON.stringify(resolve("src/linux/system-call.ts"))};
const filter = Buffer.from(process.env.FILTER, "base64");
const code = stableBytes(filter.length);
code.set(filter);
const program = stableBytes(16);
program.writeUInt16LE(code.length / 8, 0);
program.writeBigUInt64LE(BigInt(addressOf(code)), 8);
systemCall({ name: "prctl", args: [38, 1], what: "gain no privileges" });
systemCall({ name: "seccomp", args: [1, 0, program], what: "filter" });
const tried = (name, args) => {
  try {
    systemCall({ name, args, what: "try" });
    return "works";
  } catch (error) {
    return error.code;
  }
};
const child = Bun.spawnSync(["sh", "-c", "echo works; unshare --mount true"]);
console.log(JSON.stringify({
  keyctl: tried("keyctl", [0, -3, 0]),
  unshare: tried("unshare", [0x20000]),
  mount: tried("mount", [0, 0, 0, 0, 0]),
  clone3: tried("clone3", [0, 0]),
  getpid: tried("getpid", []),
  openat2: tried("openat2", [-100, 0, 0, 0]),
  child: child.stdout.toString() + child.stderr.toString(),
}));
`;

test("the kernel takes Docker's profile: a process works under it, but for what it forbids", async () => {
  const filter = compileSeccomp(defaultSeccompProfile(), {
    architecture: process.arch === "arm64" ? "arm64" : "x64",
    capabilities: new Set(DEFAULT_CAPABILITIES),
    kernel: release(),
  });
  const child = Bun.spawn([process.execPath, "-e", SCRIPT], {
    env: { PATH: process.env["PATH"], FILTER: Buffer.from(filter).toString("base64") },
    stdout: "pipe",
    stderr: "inherit",
  });
  expect(JSON.parse(await child.stdout.text())).toEqual({
    keyctl: "EPERM",
    unshare: "EPERM",
    mount: "EPERM",
    clone3: "ENOSYS",
    getpid: "works",
    openat2: "EINVAL",
    child: "works\nunshare: unshare failed: Operation not permitted\n",
  });
});
