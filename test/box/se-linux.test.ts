import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Box } from "#test/kit/box/box.ts";
import { RECORDS, recorder, recordsOf } from "#test/kit/box/records.ts";
import { compilePolicy } from "#test/kit/box/se-linux-policy.ts";
import { eventually } from "#test/kit/eventually.ts";

/** For one start of the emulated machine, while others use the processors too. */
const BOOT_MS = 600_000;
const KERNEL = ["security=selinux", "enforcing=1"];
/** Before edgesite starts, as an init would do it. */
const BOOT = `
mount -t selinuxfs none /sys/fs/selinux
dd if=/policy of=/sys/fs/selinux/load bs=16M 2>/dev/null
mkdir /host
echo mine >/host/file
`;

const LABEL = "tr '\\0' '\\n' </proc/self/attr/current";
/** What a container must be able to do with all that it is given, line by line. */
const USE = [
  LABEL,
  "cat /config/key /secret/key /down/name; echo",
  "for place in / /dev /dev/shm /memory; do echo written >$place/x && cat $place/x; done",
  "ls /dev/mqueue /dev/pts",
  "echo the end >/dev/termination-log && cat /etc/hostname && grep -c nameserver /etc/resolv.conf",
].join("; ");
const USED = [
  ...["from a ConfigMap", "from a Secret", "one"],
  ...Array.from({ length: 4 }, () => "written"),
  ...["/dev/mqueue:", "", "/dev/pts:", "ptmx", "one", "1"],
];
const HOST = { name: "host", hostPath: { path: "/host" } };
const mount = (...names: readonly string[]) =>
  names.map((name) => ({ name, mountPath: `/${name}` }));

const pod = (name: string, spec: object) => ({
  ...{ apiVersion: "v1", kind: "Pod", metadata: { name } },
  spec: { terminationGracePeriodSeconds: 0, automountServiceAccountToken: false, ...spec },
});
const object = (kind: string, data: object) => ({
  ...{ apiVersion: "v1", kind, metadata: { name: "data" } },
  ...data,
});

const ONE = pod("one", {
  volumes: [
    RECORDS,
    HOST,
    { name: "config", configMap: { name: "data" } },
    { name: "secret", secret: { secretName: "data" } },
    {
      name: "down",
      downwardAPI: { items: [{ path: "name", fieldRef: { fieldPath: "metadata.name" } }] },
    },
    { name: "memory", emptyDir: { medium: "Memory" } },
  ],
  containers: [
    recorder({
      ...{ name: "plain", first: `${USE}; cat /host/file`, joined: `${LABEL}; cat /host/file` },
      volumes: mount("config", "secret", "down", "memory", "host"),
    }),
    recorder({
      ...{ name: "beside", first: LABEL, joined: `${LABEL}; ls /records | grep -o plain.first` },
      fields: { securityContext: { allowPrivilegeEscalation: false } },
    }),
    recorder({
      ...{ name: "strong", first: `${LABEL}; cat /host/file`, joined: LABEL },
      volumes: mount("host"),
      fields: { securityContext: { privileged: true } },
    }),
  ],
});
const TWO = pod("two", {
  volumes: [RECORDS, { name: "shared", hostPath: { path: "/shared" } }],
  containers: [
    recorder({
      ...{ name: "other", first: `${LABEL}; ls /shared`, joined: LABEL },
      volumes: mount("shared"),
    }),
  ],
});
const ASKED = pod("asked", {
  securityContext: { seLinuxOptions: { level: "s0:c5,c6" } },
  volumes: [RECORDS],
  containers: [
    recorder({
      ...{ name: "asked", first: `${LABEL}; echo written >/x && cat /x`, joined: LABEL },
      fields: { securityContext: { seLinuxOptions: { type: "other_t", level: "s0:c5,c6" } } },
    }),
  ],
});

test(
  "on a host with SELinux containers have labels of their own, and use what is theirs alone",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "edgesite-policy-"));
    const script = join(folder, "boot.sh");
    writeFileSync(script, BOOT);
    await using box = await Box.create({
      extra: [
        { source: await compilePolicy(folder), path: "policy" },
        { source: script, path: "boot.sh" },
      ],
    });
    rmSync(folder, { recursive: true });
    await box.boot({ kernel: KERNEL });
    expect(await box.output("cat /sys/fs/selinux/enforce")).toBe("1");
    await box.ready();
    const create = (...items: readonly object[]) =>
      eventually(
        () => {
          const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
          return box.kubectlOutput(["apply", "--validate=false", "-f", "-"], { stdin: list });
        },
        { what: "Objects that are created", withinMs: BOOT_MS },
      );
    await create(
      object("ConfigMap", { data: { key: "from a ConfigMap\n" } }),
      object("Secret", { stringData: { key: "from a Secret\n" } }),
      ...[ONE, ASKED],
    );

    const plain = await recordsOf(box, "plain");
    const [label = "", ...used] = plain.first.split("\n");
    expect(label).toMatch(/^system_u:system_r:container_t:s0:c\d+,c\d+$/);
    const denied = "cat: can't open '/host/file': Permission denied";
    expect(used).toEqual([...USED, denied]);
    expect(plain.joined).toBe(`${label}\n${denied}`);
    expect(await recordsOf(box, "beside")).toEqual({
      first: label,
      joined: `${label}\nplain.first`,
    });
    const host = "system_u:system_r:kernel_t:s0-s0:c0.c1023";
    expect(await recordsOf(box, "strong")).toEqual({ first: `${host}\nmine`, joined: host });
    const other = "system_u:system_r:other_t:s0:c5,c6";
    expect(await recordsOf(box, "asked")).toEqual({ first: `${other}\nwritten`, joined: other });

    // What is the pod's own, and no other's: not even where the host hands it over.
    const records = "/var/lib/edgesite/pods/*/volumes/kubernetes.io~empty-dir/records";
    const bind = `mount --bind "$(dirname ${records}/plain.first)" /shared`;
    await box.output(`mkdir /shared && ${bind}`);
    await create(TWO);
    const second = await recordsOf(box, "other");
    const [otherLabel = ""] = second.first.split("\n");
    expect(otherLabel).toMatch(/^system_u:system_r:container_t:s0:c\d+,c\d+$/);
    expect(otherLabel).not.toBe(label);
    expect(second.first).toMatch(/^ls: .*\/shared.*: Permission denied$/m);
    expect(await box.output("/edgesite check")).toMatch(/^ok +confinement +SELinux, enforcing$/m);
  },
  BOOT_MS,
);
