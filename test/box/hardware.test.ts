import { expect, test } from "bun:test";
import { Box } from "#test/kit/box/box.ts";
import { eventually } from "#test/kit/eventually.ts";

/** For one start of the emulated machine, while others use the processors too. */
const BOOT_MS = 600_000;

test(
  "without cgroups and overlayfs the site runs no pods, says what to do, and runs them once it is done",
  async () => {
    await using box = await Box.create();
    await box.boot({ kernel: ["cgroups=none", "missing=overlay"] });
    await box.ready();
    const node = (field: string): Promise<string> => {
      const path = `jsonpath={.status.conditions[?(@.type=="Ready")].${field}}`;
      return box.kubectlOutput(["get", "node", "box", "-o", path]);
    };
    const nodeSays = (field: string, text: string): Promise<true> =>
      eventually(async () => (await node(field)).includes(text), {
        what: `A node that says '${text}'`,
        withinMs: BOOT_MS,
      });
    const check = await box.run("/edgesite check");
    expect(check.exitCode).toBe(1);
    expect(check.output).toMatch(/^failed +cgroups .*mount -t cgroup2 none \/sys\/fs\/cgroup/ms);
    expect(check.output).toMatch(/^failed +overlayfs .*modprobe overlay/ms);

    await nodeSays("message", "No cgroups are mounted: mount -t cgroup2 none /sys/fs/cgroup");
    expect(await node("status")).toBe("False");
    await box.output("mount -t cgroup2 none /sys/fs/cgroup");
    await nodeSays("message", "The kernel has no overlayfs: modprobe overlay");
    await box.output('umount "$(find /lib/modules -name overlay.ko)" && modprobe overlay');
    await nodeSays("status", "True");
    expect((await box.run("/edgesite check")).exitCode).toBe(0);
  },
  BOOT_MS,
);

test(
  "without a network card the site is up all the same",
  async () => {
    await using box = await Box.create();
    await box.boot({ network: false });
    const up = { degraded: [], runtime: { name: "native" }, dataPlane: { link: "edge0" } };
    await eventually(
      async () => {
        expect(JSON.parse(await box.output("/edgesite status -o json"))).toMatchObject(up);
        return true;
      },
      { what: "The site of a box without a network card", withinMs: BOOT_MS },
    );
    expect(await box.output("ls /sys/class/net")).not.toContain("eth0");
    expect(box.console).not.toMatch(/ (WARN|ERROR) /);
  },
  BOOT_MS,
);
