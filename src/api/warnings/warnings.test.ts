import { describe, expect, test } from "bun:test";
import { plainPod, warned } from "#test/kit/warned.ts";
import { DEPLOYMENTS, STATEFUL_SETS } from "../resources/apps.ts";
import { CRON_JOBS, JOBS } from "../resources/batch.ts";
import { SECRETS } from "../resources/core-config.ts";
import { RESOURCE_QUOTAS } from "../resources/core-limits.ts";
import { SERVICES } from "../resources/core-services.ts";
import { PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES } from "../resources/core-storage.ts";

describe("what makes pods", () => {
  const odd = {
    metadata: { labels: { a: "b" } },
    spec: plainPod({ hostAliases: [{ ip: "1" }, { ip: "1" }] }),
  };
  const said = 'spec.hostAliases[1].ip: duplicate ip "1"';
  const dots =
    "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]";

  test("warns of its template by its place, when it is new or its spec changed", () => {
    const selector = { matchLabels: { a: "b" } };
    const made = (generation: number) => ({
      metadata: { name: "a.b", generation },
      spec: { selector, template: odd },
    });
    expect(warned(DEPLOYMENTS, made(1))).toEqual([dots, `spec.template.${said}`]);
    expect(DEPLOYMENTS.warnings?.(made(1), made(1))).toEqual([]);
    expect(DEPLOYMENTS.warnings?.(made(2), made(1))).toEqual([`spec.template.${said}`]);
  });

  test("a StatefulSet's claims and history", () => {
    const claim = {
      metadata: { name: "c" },
      spec: { resources: { requests: { storage: "500m" } } },
    };
    const set = {
      metadata: { name: "s" },
      spec: {
        serviceName: "s",
        selector: { matchLabels: { a: "b" } },
        template: { spec: plainPod() },
        volumeClaimTemplates: [claim],
        revisionHistoryLimit: -1,
      },
    };
    expect(warned(STATEFUL_SETS, set)).toEqual([
      'spec.volumeClaimTemplates[0].resources.requests[storage]: fractional byte value "500m" is invalid, must be an integer',
      "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended",
    ]);
  });

  test("a Job of very many indexes", () => {
    const job = {
      metadata: { name: "j" },
      spec: {
        completionMode: "Indexed",
        completions: 100_001,
        parallelism: 10_001,
        template: { spec: plainPod() },
      },
    };
    const vast =
      "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail";
    expect(warned(JOBS, job)).toEqual([`spec: ${vast}`]);
    const cron = {
      metadata: { name: "c" },
      spec: { schedule: "* * * * *", jobTemplate: { spec: job.spec } },
    };
    expect(warned(CRON_JOBS, cron)).toEqual([`spec.jobTemplate.spec: ${vast}`]);
    const zoned = { ...cron, spec: { ...cron.spec, schedule: "TZ=UTC * * * * *" } };
    expect(CRON_JOBS.warnings?.(zoned, zoned)).toEqual([
      "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details",
    ]);
  });
});

test("volumes and claims of old", () => {
  const annotations = {
    "volume.beta.kubernetes.io/storage-class": "a",
    "volume.beta.kubernetes.io/mount-options": "b",
  };
  const metadata = { name: "v", annotations };
  const storageClass =
    'metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead';
  const volume = {
    metadata,
    spec: { persistentVolumeReclaimPolicy: "Recycle", cephfs: { monitors: ["m"] } },
  };
  expect(warned(PERSISTENT_VOLUMES, volume)).toEqual([
    storageClass,
    'metadata.annotations[volume.beta.kubernetes.io/mount-options]: deprecated since v1.31; use "mountOptions" attribute instead',
    "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.",
    "spec.cephfs: deprecated in v1.28, non-functional in v1.31+",
  ]);
  const claim = { metadata, spec: { resources: { requests: { storage: "1500m" } } } };
  expect(warned(PERSISTENT_VOLUME_CLAIMS, claim)).toEqual([
    storageClass,
    'spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer',
  ]);
});

test("what a Service does not heed", () => {
  const ports = [{ port: 80 }];
  const of = (given: object) =>
    warned(SERVICES, { metadata: { name: "s" }, spec: { ports, ...given } });
  expect(of({})).toEqual([]);
  expect(of({ externalIPs: ["10.0.0.1"], trafficDistribution: "PreferClose" })).toEqual([
    "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
    'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
  ]);
  expect(
    of({ clusterIP: "None", sessionAffinity: "ClientIP", loadBalancerIP: "10.0.0.1" }),
  ).toEqual([
    "spec.loadBalancerIP is ignored for headless services",
    "spec.SessionAffinity is ignored for headless services",
  ]);
  const spelled = (path: string, given: string, better: string) =>
    `${path}: IPv6 ${given.includes("/") ? "CIDR value" : "address"} "${given}" should be in RFC 5952 canonical format ("${better}")`;
  expect(
    of({
      clusterIP: "2001:DB8::1",
      clusterIPs: ["2001:DB8::1"],
      externalIPs: ["2001:DB8::2"],
      loadBalancerIP: "2001:DB8::3",
      loadBalancerSourceRanges: ["2001:DB8::/64"],
    }),
  ).toEqual([
    spelled("spec.clusterIPs[0]", "2001:DB8::1", "2001:db8::1"),
    spelled("spec.externalIPs[0]", "2001:DB8::2", "2001:db8::2"),
    "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
    spelled("spec.loadBalancerIP", "2001:DB8::3", "2001:db8::3"),
    spelled("spec.loadBalancerSourceRanges[0]", "2001:DB8::/64", "2001:db8::/64"),
  ]);
  expect(of({ type: "ExternalName", externalName: "a", externalIPs: ["10.0.0.1"] })).toEqual([
    'spec.externalIPs is ignored when spec.type is "ExternalName"',
  ]);
  expect(of({ externalName: "a" })).toEqual([
    'spec.externalName is ignored when spec.type is not "ExternalName"',
  ]);
});

test("a certificate and a key that are none, or no pair", () => {
  const tls = (certificate: string, key: string) =>
    warned(SECRETS, {
      metadata: { name: "s" },
      type: "kubernetes.io/tls",
      data: Object.fromEntries(
        Object.entries({ "tls.crt": certificate, "tls.key": key }).map(([name, text]) => [
          name,
          Buffer.from(text).toString("base64"),
        ]),
      ),
    });
  const pem = "-----BEGIN X-----\nAAAA\n-----END X-----\n";
  expect(tls("", "")).toEqual(["tls: failed to find any PEM data in certificate input"]);
  expect(tls(pem, "")).toEqual(["tls: failed to find any PEM data in key input"]);
  expect(tls(pem, pem)).toEqual(["tls: failed to parse certificate or private key"]);
});

test("a quota of more requests than limits cannot be used up", () => {
  const hard = {
    "limits.cpu": "1",
    cpu: "2",
    "limits.memory": "2Gi",
    "requests.memory": "3Gi",
    memory: "1Gi",
    "limits.storage": "1",
    storage: "2",
    "limits.ephemeral-storage": "5",
    "requests.ephemeral-storage": "5",
  };
  const quota = { metadata: { name: "q" }, spec: { hard } };
  expect(warned(RESOURCE_QUOTAS, quota)).toEqual([
    "ResourceQuota cpu (2) should be less than limits.cpu (1)",
    "ResourceQuota requests.memory (3Gi) should be less than limits.memory (2Gi)",
  ]);
  expect(RESOURCE_QUOTAS.warnings?.(quota, quota)).toEqual([]);
});
