import { describe, expect, test } from "bun:test";
import { constants } from "node:os";
import { must as mustBe } from "#lib/errors.ts";
import { Steps } from "./steps.ts";

/** What an encoded program says, with its addresses followed. */
function parse(program: Uint8Array) {
  const view = new DataView(program.buffer, program.byteOffset, program.length);
  const [magic, bytes, count = 0, relocations = 0] = [0, 4, 8, 12].map((at) =>
    view.getUint32(at, true),
  );
  const word = (at: number | bigint) => view.getBigUint64(Number(at), true);
  const text = (at: number | bigint) => {
    const from = Number(at);
    return Buffer.from(program.subarray(from, program.indexOf(0, from))).toString();
  };
  const steps = Array.from({ length: count }, (_, index) => {
    const at = 16 + 72 * index;
    return {
      number: view.getUint32(at, true),
      flags: view.getUint16(at + 4, true),
      skip: view.getUint16(at + 6, true),
      tolerated: word(at + 8),
      args: [0, 1, 2, 3, 4, 5].map((arg) => word(at + 16 + 8 * arg)),
      store: word(at + 64),
    };
  });
  const moved = Array.from({ length: relocations }, (_, index) =>
    view.getUint32(program.length - 4 * (relocations - index), true),
  );
  const u32 = (at: number | bigint) => view.getUint32(Number(at), true);
  return { magic, bytes, steps, moved, word, text, u32 };
}

const must = <T>(value: T | undefined): T => mustBe(value, "a step or word");

describe("Steps.encode()", () => {
  test("lays out numbers, texts, lists and results", () => {
    const steps = new Steps();
    const fd = steps.call("openat", [-100, "/etc", 0]);
    steps.call("fchdir", [fd]);
    steps.call("execve", ["/bin/true", ["true", "/etc"], []]);
    const { magic, bytes, steps: found, moved, word, text } = parse(steps.encode("x64"));
    expect(magic).toBe(0x31505453);
    expect(bytes).toBe(steps.encode("x64").length);
    const [open, chdir, exec] = [must(found[0]), must(found[1]), must(found[2])];
    expect([open.number, chdir.number, exec.number]).toEqual([257, 81, 59]);
    expect(open.args[0]).toBe(2n ** 64n - 100n);
    expect(text(must(open.args[1]))).toBe("/etc");
    expect(chdir.flags).toBe(1);
    expect(chdir.args[0]).toBe(open.store);
    expect(chdir.store).toBe(0n);
    const list = must(exec.args[1]);
    expect(text(word(list))).toBe("true");
    expect(word(list + 8n)).toBe(must(open.args[1])); // the same text lies there once
    expect(word(list + 16n)).toBe(0n);
    expect(word(must(exec.args[2]))).toBe(0n);
    expect(moved).toEqual(
      expect.arrayContaining([16 + 24, 16 + 64, 16 + 72 + 16, Number(list), Number(list) + 8]),
    );
  });

  test("numbers calls for the processor and nothing else differs", () => {
    const steps = new Steps();
    steps.call("openat2", [-100, "rootfs", new Uint8Array(24), 24]);
    steps.call("mkdirat", [-100, "x", 0o755]);
    const [x64, arm64] = [parse(steps.encode("x64")), parse(steps.encode("arm64"))];
    expect(x64.steps.map(({ number }) => number)).toEqual([437, 258]);
    expect(arm64.steps.map(({ number }) => number)).toEqual([437, 34]);
    const rest = ({ steps: all }: typeof x64) => all.map(({ number: _, ...step }) => step);
    expect(rest(x64)).toEqual(rest(arm64));
  });

  test("follows pointers in memory, and puts results into it", () => {
    const steps = new Steps();
    const filter = Uint8Array.of(6, 0, 0, 0, 0, 0, 0xff, 0x7f);
    const program = steps.memory(16, { 8: filter });
    program.bytes[0] = 1;
    const pid = steps.call("getpid");
    steps.put(pid, program.at(4), 4);
    steps.call("seccomp", [1, 0, program]);
    const encoded = steps.encode("x64");
    const { steps: found, word } = parse(encoded);
    const place = must(found[2]?.args[2]);
    const at = Number(word(place + 8n));
    expect(encoded.subarray(at, at + 8)).toEqual(filter);
    const put = must(found[1]);
    expect(put).toMatchObject({ number: 0x10002, flags: 2 });
    expect(put.args.slice(0, 3)).toEqual([place + 4n, must(found[0]).store, 4n]);
    expect(program.bytes[8]).toBe(0); // encoding writes into a copy
  });

  test("lists tolerated errors and skips what is for their case", () => {
    const steps = new Steps();
    steps.call("close_range", [5, 2 ** 32 - 1, 4], {
      tolerate: ["ENOSYS", "EINVAL"],
      otherwise: (fallback) => {
        fallback.call("close", [5]);
        fallback.call("close", [6]);
      },
    });
    steps.call("getpid");
    const { steps: found, u32 } = parse(steps.encode("arm64"));
    const { skip, tolerated } = must(found[0]);
    expect(skip).toBe(2);
    expect([0n, 4n, 8n].map((offset) => u32(tolerated + offset))).toEqual([
      constants.errno.ENOSYS,
      constants.errno.EINVAL,
      0,
    ]);
  });
});

describe("Steps", () => {
  test("says in words what failed", () => {
    const steps = new Steps();
    steps.call("chdir", ["/nowhere"]);
    steps.call("mount", ["overlay", "/x", "overlay", 0, "lowerdir=/y"], {
      why: "mount the root of the container",
    });
    expect(steps.failure({ step: 0, errno: 2 }).message).toBe("Cannot call chdir /nowhere: ENOENT");
    expect(steps.failure({ step: 1, errno: 22 })).toMatchObject({
      message: "Cannot mount the root of the container: EINVAL",
      code: "EINVAL",
      step: 1,
    });
  });

  test("refuses what no program can mean", () => {
    const steps = new Steps();
    const foreign = new Steps().call("getpid");
    expect(() => steps.call("kill", [foreign, 9])).toThrow("a result of another program");
    expect(() => steps.call("read", [1, 2, 3, 4, 5, 6, 7])).toThrow("at most 6 arguments");
    expect(() => steps.put(steps.call("getpid"), steps.memory(4).at(1), 4)).toThrow(RangeError);
    expect(() => steps.memory(4, { 0: "x" })).toThrow(RangeError);
    steps.call("chdir", ["a\0b"]);
    expect(() => steps.encode("x64")).toThrow("holds a NUL");
  });
});
