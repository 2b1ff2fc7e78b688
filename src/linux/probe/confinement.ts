import { type AppArmorHost, appArmorHost } from "../security/app-armor.ts";
import { type SeLinuxHost, seLinuxHost } from "../security/se-linux-host.ts";
import { type Finding, findingOf } from "./finding.ts";

/** What the probe goes by. Default: this host. */
export interface ConfinementHost {
  readonly appArmor: AppArmorHost;
  readonly seLinux: SeLinuxHost;
}

/** What the host holds containers to beside their own limits: AppArmor, SELinux, or neither. */
export function probeConfinement(
  { appArmor, seLinux }: ConfinementHost = { appArmor: appArmorHost(), seLinux: seLinuxHost() },
): Finding {
  const { ok, note } = findingOf("confinement", "native");
  if (seLinux.state === "ready") {
    return ok(`SELinux, ${seLinux.enforcing ? "enforcing" : "permissive"}`);
  }
  if (seLinux.state === "unusable") {
    return note(
      `SELinux is on, and ${seLinux.reason}: containers run without labels`,
      "Install container-selinux, and: chcon -t container_runtime_exec_t edgesite",
    );
  }
  switch (appArmor.state) {
    case "ready":
      return ok("AppArmor");
    case "unusable":
      return note(`${appArmor.reason}: containers run without it`, appArmor.advice);
    case "off":
      return ok("the kernel has neither AppArmor nor SELinux on");
  }
}
