import { describe, expect, test } from "bun:test";
import type { Container, PodSpec } from "../object.ts";
import { violations } from "./evaluate.ts";
import { type Level, policyOf, policyText } from "./policy.ts";

const LATEST = Number.POSITIVE_INFINITY;

type Given = Partial<PodSpec> & {
  readonly container?: Partial<Container>;
  readonly annotations?: Readonly<Record<string, string>>;
};

function found(level: Level, { container, annotations = {}, ...spec }: Given, minor = LATEST) {
  const containers = [{ name: "c", image: "busybox", ...container }];
  const pod = { annotations, spec: { containers, ...spec } };
  return violations(pod, { level, minor }).map(({ reason, detail }) => `${reason} (${detail})`);
}

const GOOD: Given = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  container: {
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  },
};

test("the privileged level lets everything pass", () => {
  expect(found("privileged", { hostNetwork: true })).toEqual([]);
});

describe("the baseline level", () => {
  test.each<[Given, string]>([
    [
      { hostNetwork: true, hostPID: true, hostIPC: true },
      "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)",
    ],
    [
      { container: { securityContext: { privileged: true } } },
      'privileged (container "c" must not set securityContext.privileged=true)',
    ],
    [
      { container: { securityContext: { capabilities: { add: ["SYS_ADMIN", "CHOWN"] } } } },
      'non-default capabilities (container "c" must not include "SYS_ADMIN" in securityContext.capabilities.add)',
    ],
    [{ volumes: [{ name: "v", hostPath: { path: "/" } }] }, 'hostPath volumes (volume "v")'],
    [
      { container: { ports: [{ containerPort: 80, hostPort: 80 }] } },
      'hostPort (container "c" uses hostPort 80)',
    ],
    [
      {
        container: {
          ports: [
            { containerPort: 1, hostPort: 80 },
            { containerPort: 2, hostPort: 443 },
          ],
        },
      },
      'hostPort (container "c" uses hostPorts 443, 80)',
    ],
    [
      { container: { livenessProbe: { httpGet: { port: 80, host: "a" } } } },
      'probe or lifecycle host (container "c" uses probe or lifecycle host "a")',
    ],
    [
      { container: { securityContext: { procMount: "Unmasked" } } },
      'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
    ],
    [
      { securityContext: { seccompProfile: { type: "Unconfined" } } },
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      { securityContext: { seLinuxOptions: { type: "a", user: "b" } } },
      'seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type "a"; user may not be set)',
    ],
    [
      { securityContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }] } },
      "forbidden sysctls (kernel.msgmax)",
    ],
    [
      { securityContext: { windowsOptions: { hostProcess: true } } },
      "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
    ],
    [
      { container: { securityContext: { appArmorProfile: { type: "Unconfined" } } } },
      'forbidden AppArmor profile (container "c" must not set AppArmor profile type to "Unconfined")',
    ],
    [
      { annotations: { "container.apparmor.security.beta.kubernetes.io/c": "unconfined" } },
      'forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/c="unconfined"")',
    ],
  ])("%#: %j", (given, violation) => {
    expect(found("baseline", given)).toEqual([violation]);
  });

  test("grows milder and stricter by version", () => {
    const sysctls = [{ name: "net.ipv4.tcp_rmem", value: "1" }];
    expect(found("baseline", { securityContext: { sysctls } }, 31)).toHaveLength(1);
    expect(found("baseline", { securityContext: { sysctls } }, 32)).toEqual([]);
    const container = { livenessProbe: { httpGet: { port: 80, host: "a" } } };
    expect(found("baseline", { container }, 33)).toEqual([]);
    const annotations = { "seccomp.security.alpha.kubernetes.io/pod": "unconfined" };
    expect(found("baseline", { annotations }, 18)).toEqual([
      'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")',
    ]);
    expect(found("baseline", { annotations })).toEqual([]);
  });
});

describe("the restricted level", () => {
  test("lets pass what is careful", () => {
    expect(found("restricted", GOOD)).toEqual([]);
  });

  test("says everything about what is not, baseline first, nothing twice", () => {
    const spec = { hostNetwork: true, volumes: [{ name: "v", hostPath: { path: "/" } }] };
    expect(found("restricted", spec)).toEqual([
      "host namespaces (hostNetwork=true)",
      'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false)',
      'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"])',
      'restricted volume types (volume "v" uses restricted volume type "hostPath")',
      'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
      'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ]);
  });

  test.each<[Given, string]>([
    [
      { ...GOOD, securityContext: { ...GOOD.securityContext, runAsUser: 0 } },
      "runAsUser=0 (pod must not set runAsUser=0)",
    ],
    [
      { ...GOOD, securityContext: { ...GOOD.securityContext, runAsNonRoot: false } },
      "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)",
    ],
    [
      { ...GOOD, volumes: [{ name: "v", nfs: { server: "a", path: "/" } }] },
      'restricted volume types (volume "v" uses restricted volume type "nfs")',
    ],
  ])("%#: refuses what the baseline lets pass", (given, violation) => {
    expect(found("baseline", given)).toEqual([]);
    expect(found("restricted", given)).toEqual([violation]);
  });

  test("does not ask Windows for what it does not have", () => {
    const os = { name: "windows" };
    const given = { os, securityContext: { runAsNonRoot: true } };
    expect(found("restricted", given)).toEqual([]);
    expect(found("restricted", given, 24)).toHaveLength(3);
  });
});

describe("the labels of a namespace", () => {
  const label = (name: string) => `pod-security.kubernetes.io/${name}`;

  test("ask for nothing by default; whom they refuse they also warn", () => {
    expect(policyOf().policy.enforce).toEqual({ level: "privileged", minor: LATEST });
    const { policy } = policyOf({
      [label("enforce")]: "baseline",
      [label("enforce-version")]: "v1.30",
    });
    expect([policy.enforce, policy.warn].map(policyText)).toEqual([
      "baseline:v1.30",
      "baseline:v1.30",
    ]);
  });

  test("keep a version of their own for warnings", () => {
    const { policy } = policyOf({
      [label("enforce")]: "restricted",
      [label("enforce-version")]: "v1.30",
      [label("warn-version")]: "v1.20",
      [label("audit-version")]: "lax",
    });
    expect(policyText(policy.warn)).toBe("restricted:v1.20");
  });

  test("warn and audit nothing by a level that there is not", () => {
    const lax = ["enforce", "audit", "warn"].map((mode) => [label(mode), "lax"]);
    const { enforce, audit, warn } = policyOf(Object.fromEntries(lax)).policy;
    expect([enforce, audit, warn].map(policyText)).toEqual([
      "restricted:latest",
      "privileged:latest",
      "privileged:latest",
    ]);
  });

  test("that say nothing known are refused", () => {
    const labels = { [label("enforce")]: "lax", [label("warn-version")]: "1.30" };
    expect(policyOf(labels).errors.map(({ field, message }) => `${field}: ${message}`)).toEqual([
      'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "lax": must be one of privileged, baseline, restricted',
      'metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.30": must be "latest" or "v1.x"',
    ]);
  });
});
