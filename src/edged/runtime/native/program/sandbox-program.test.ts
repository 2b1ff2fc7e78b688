import { expect, test } from "bun:test";
import { sandboxProgram } from "./sandbox-program.ts";

const PLAN = {
  ...{ directory: "/run/pod", cgroupFiles: [], oomScoreAdj: 0, hostname: "pod" },
  ...{ hostNetwork: false, hostIPC: false, made: false },
};

test.each(["net.core.somaxconn", "kernel.shmmax", "fs.mqueue.msg_max", "kernel.domainname"])(
  "a pod has a %s of its own",
  (name) => {
    const steps = sandboxProgram({ ...PLAN, sysctls: { [name]: "1" } }).texts();
    expect(steps).toContain(`write 1 to /proc/sys/${name.replaceAll(".", "/")}`);
  },
);

test.each([
  ["kernel.core_pattern", {}],
  ["kernel/core_pattern", {}],
  ["vm.swappiness", {}],
  ["kernel.hostname", {}],
  ["fs.file-max", {}],
  ["net.core.somaxconn", { hostNetwork: true }],
  ["kernel.domainname", { hostNetwork: true }],
  ["kernel.shmmax", { hostIPC: true }],
])("no pod sets %s on the host %o", (name, shared) => {
  expect(() => sandboxProgram({ ...PLAN, ...shared, sysctls: { [name]: "1" } })).toThrow(
    `sysctl "${name}" is not in a separate kernel namespace`,
  );
});
