import { expect, test } from "bun:test";
import { join, resolve } from "node:path";
import { Box } from "#test/kit/box/box.ts";
import { RECORDS, recorder, recordsOf } from "#test/kit/box/records.ts";
import { eventually } from "#test/kit/eventually.ts";

/** For one start of the emulated machine, while others use the processors too. */
const BOOT_MS = 600_000;
/** Debian's package of AppArmor, as the gate unpacked it. */
const PACKAGE = resolve(".cache/foreign/confinement");
/** No rule lets a signal through: not even the one that ends the container. */
const NO_WRITE = "profile no-write flags=(attach_disconnected) { file, deny /forbidden w, }";
const LABEL = "cat /proc/self/attr/current";
/** By its capabilities and its filter of system calls it may. */
const MOUNT = `${LABEL}; mkdir -p /own; mount -t tmpfs none /own && echo mounted`;
const WRITE = `${LABEL}; echo >/forbidden; echo >/x && echo written`;
const localhost = (localhostProfile: string) => ({
  securityContext: { appArmorProfile: { type: "Localhost", localhostProfile } },
});
const mounter = (more: object) => ({
  securityContext: { capabilities: { add: ["SYS_ADMIN"] }, ...more },
});

const POD = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "confined",
    annotations: { "container.apparmor.security.beta.kubernetes.io/old": "localhost/no-write" },
  },
  spec: {
    terminationGracePeriodSeconds: 0,
    volumes: [RECORDS],
    containers: [
      recorder({ name: "plain", first: MOUNT, joined: MOUNT, fields: mounter({}) }),
      recorder({
        ...{ name: "free", first: MOUNT, joined: LABEL },
        fields: mounter({ appArmorProfile: { type: "Unconfined" } }),
      }),
      recorder({ name: "own", first: WRITE, joined: WRITE, fields: localhost("no-write") }),
      recorder({ name: "old", first: LABEL, joined: LABEL }),
      { name: "missing", image: "busybox:1.36", ...localhost("none-such") },
    ],
  },
};

test(
  "on a host with AppArmor containers run under the site's profile, and what joins them too",
  async () => {
    const files = ["sbin/apparmor_parser", "etc", "usr/share/apparmor-features"];
    await using box = await Box.create({
      extra: files.map((path) => ({ source: join(PACKAGE, path), path })),
    });
    await box.boot();
    await box.output(`echo '${NO_WRITE}' | apparmor_parser -Kr`);
    await box.ready();
    const create = ["create", "--validate=false", "-f", "-"];
    await eventually(() => box.kubectlOutput(create, { stdin: JSON.stringify(POD) }), {
      ...{ what: "A pod that is created", withinMs: BOOT_MS },
    });

    const plain = await recordsOf(box, "plain");
    const refused = /^edgesite-\w+ \(enforce\)\nmount: .*: Permission denied$/;
    expect(plain.first).toMatch(refused);
    expect(plain.joined).toMatch(refused);
    expect(await recordsOf(box, "free")).toEqual({
      first: "unconfined\nmounted",
      joined: "unconfined",
    });
    const noWrite = "no-write (enforce)\nsh: can't create /forbidden: Permission denied\nwritten";
    expect(await recordsOf(box, "own")).toEqual({ first: noWrite, joined: noWrite });
    expect((await recordsOf(box, "old")).joined).toBe("no-write (enforce)");
    const why = 'jsonpath={.status.containerStatuses[?(@.name=="missing")].state.waiting}';
    expect(JSON.parse(await box.kubectlOutput(["get", "pod", "confined", "-o", why]))).toEqual({
      ...{
        reason: "CreateContainerError",
        message: "The AppArmor profile none-such is not loaded",
      },
    });

    expect(await box.output("/edgesite check")).toMatch(/^ok +confinement +AppArmor$/m);
    await box.output("/edgesite stop && /edgesite reset --yes");
    const profiles = await box.output("cat /sys/kernel/security/apparmor/profiles");
    expect(profiles).toBe("no-write (enforce)");
  },
  BOOT_MS,
);
