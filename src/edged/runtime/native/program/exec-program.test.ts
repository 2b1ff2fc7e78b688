import { expect, test } from "bun:test";
import { execProgram } from "./exec-program.ts";

const PROCESS = {
  ...{ argv: ["/bin/true"], env: {}, workingDir: "/", uid: 0, gid: 0, groups: [] },
  capabilities: ["CAP_SYS_PTRACE"] as const,
  seccomp: new Uint8Array(8),
  label: { path: "/proc/thread-self/attr/apparmor/exec", text: "exec profile" },
};

for (const terminal of [false, true]) {
  for (const noNewPrivileges of [false, true]) {
    test(`nothing that has the host's rights is among a container's processes (terminal ${terminal}, no new privileges ${noNewPrivileges})`, () => {
      const process = { ...PROCESS, noNewPrivileges };
      const steps = execProgram({ terminal, cgroupFiles: [], oomScoreAdj: 0, process }).texts();
      const birth = steps.indexOf("join the processes of the container");
      expect(birth).toBeGreaterThan(steps.indexOf("join the container's processes"));
      expect(steps.slice(birth).filter((step) => step !== "take the terminal")).toEqual([
        "join the processes of the container",
        "begin a session",
        ...(noNewPrivileges ? ["filter system calls"] : []),
        'run "/bin/true"',
      ]);
      const inside = steps.indexOf("join the container");
      expect(steps.findIndex((step) => step.includes("apparmor"))).toBeLessThan(inside);
    });

    test(`nor is it with users of the pod's own (terminal ${terminal}, no new privileges ${noNewPrivileges})`, () => {
      const process = { ...PROCESS, noNewPrivileges, users: { first: 65_536, count: 65_536 } };
      const steps = execProgram({ terminal, cgroupFiles: [], oomScoreAdj: 0, process }).texts();
      const asPodsRoot = steps.lastIndexOf("make files as the pod's root");
      expect(asPodsRoot).toBeLessThan(steps.indexOf("join the container"));
      expect(steps.indexOf("hide from other processes")).toBeGreaterThan(asPodsRoot);
      const users = steps.indexOf("enter the user namespace of the pod");
      // The process namespace is the host's: who has entered the pod's users cannot join it any more.
      expect(users).toBeGreaterThan(steps.indexOf("join the container's processes"));
      expect(users).toBeLessThan(steps.indexOf("become user 0 and group 0"));
      expect(users).toBeLessThan(steps.indexOf("join the processes of the container"));
    });
  }
}
