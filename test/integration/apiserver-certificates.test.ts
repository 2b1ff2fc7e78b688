import { afterAll, beforeAll, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CertificateSigningRequest } from "#api/object.ts";
import {
  CLUSTER_ROLE_BINDINGS,
  CLUSTER_ROLES,
  CERTIFICATE_SIGNING_REQUESTS as CSRS,
} from "#api/resources.ts";
import type { UserInfo } from "#api/verbs.ts";
import { createClient } from "#client/client.ts";
import { rfc3339 } from "#lib/clock.ts";
import { silentLogger } from "#lib/log.ts";
import { ClientCertificates } from "#site/apiserver/client-certificates.ts";
import { loadPki } from "#site/apiserver/pki.ts";
import { createSigner } from "#site/apiserver/signer.ts";
import { eventually, rejection } from "#test/kit/eventually.ts";
import { createMemoryCluster, type MemoryCluster } from "#test/kit/memory-cluster.ts";
import { startTestApi } from "#test/kit/test-api.ts";

const HOUR_MS = 3_600_000;
const CLIENT = "kubernetes.io/kube-apiserver-client";
const KUBELET = "kubernetes.io/kube-apiserver-client-kubelet";
const api = await startTestApi();
const { clock } = api;
const directory = mkdtempSync(join(tmpdir(), "edgesite-csrs-"));
const pki = loadPki({
  directory: join(directory, "pki"),
  hosts: ["localhost"],
  times: [clock.now()],
  log: silentLogger,
});
const clients = new ClientCertificates(join(directory, "pki"));
let cluster: MemoryCluster;

beforeAll(async () => {
  cluster = await createMemoryCluster({ clock, timer: clock, api });
  await cluster.start({ sign: createSigner({ pki, now: () => clock.now(), clients }) });
});
afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  api[Symbol.dispose]();
  rmSync(directory, { recursive: true });
});

function request(subject: string): string {
  const command = ["openssl", "req", "-new", "-nodes", "-newkey", "ec"];
  const options = ["-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", "key", "-out", "csr"];
  const { exitCode } = Bun.spawnSync([...command, ...options, "-subj", subject], {
    cwd: directory,
  });
  expect(exitCode).toBe(0);
  return readFileSync(join(directory, "csr")).toString("base64");
}

const CLIENT_USAGES = ["digital signature", "client auth"];

function csr(
  name: string,
  spec: Partial<CertificateSigningRequest["spec"]> & { readonly request: string },
): CertificateSigningRequest {
  return {
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name },
    spec: { signerName: CLIENT, usages: CLIENT_USAGES, ...spec },
  };
}

const clientOf = (user: UserInfo) => createClient({ verbs: api.server.verbs(user) });
const read = (name: string) => cluster.client.get(CSRS, { namespace: "", name });
const approve = (object: CertificateSigningRequest, type = "Approved") =>
  cluster.client.updateSubresource(
    CSRS,
    { ...object, status: { conditions: [{ type, status: "True", reason: "Test" }] } },
    "approval",
  );

const issued = (name: string) =>
  eventually(
    async () => {
      const { status } = await read(name);
      const { certificate = "" } = status ?? {};
      return certificate === ""
        ? undefined
        : new X509Certificate(Buffer.from(certificate, "base64"));
    },
    { what: `The certificate of ${name}` },
  );

test("who asks is what the server knows, and an approved request gets its certificate", async () => {
  const sent = csr("jane", { request: request("/O=devs/CN=jane"), username: "somebody else" });
  const made = await cluster.client.create(CSRS, sent);
  expect(made.spec.username).toBe("test");
  await Bun.sleep(20);
  expect((await read("jane")).status).toEqual({});
  const approved = await approve(made);
  expect(approved.status?.conditions?.[0]).toMatchObject({
    type: "Approved",
    lastUpdateTime: rfc3339(clock.now()),
    lastTransitionTime: rfc3339(clock.now()),
  });
  const certificate = await issued("jane");
  expect(certificate.verify(new X509Certificate(pki.ca).publicKey)).toBe(true);
  expect(certificate.subject).toBe("O=devs\nCN=jane");
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
  const lasts = Date.parse(certificate.validTo) - clock.now().getTime();
  expect(lasts).toBe(365 * 24 * HOUR_MS - 5 * 60_000);
});

test.each([
  [600, 600],
  [7200, 7200],
  // What is long ends as much earlier as it begins.
  [100 * 365 * 86_400, 365 * 86_400 - 300],
])("expirationSeconds %p gives %p seconds", async (expirationSeconds, seconds) => {
  const name = `lasts-${expirationSeconds}`;
  const spec = { request: request("/CN=x"), expirationSeconds };
  await approve(await cluster.client.create(CSRS, csr(name, spec)));
  const { validTo } = await issued(name);
  expect(Date.parse(validTo) - clock.now().getTime()).toBe(seconds * 1000);
});

test.each([
  [CLIENT, "/CN=x", ["server auth"], "invalid usage for client certificate: server auth"],
  [
    CLIENT,
    "/CN=x",
    ["digital signature"],
    "missing required usage for client certificate: client auth",
  ],
  [KUBELET, "/CN=system:node:a", CLIENT_USAGES, "subject organization is not system:nodes"],
  [
    KUBELET,
    "/O=system:nodes/CN=a",
    CLIENT_USAGES,
    "subject common name does not begin with system:node:",
  ],
  [
    KUBELET,
    "/O=system:nodes/CN=system:node:a",
    ["client auth"],
    "usages did not match [client auth digital signature key encipherment]",
  ],
  [
    "kubernetes.io/kubelet-serving",
    "/O=system:nodes/CN=system:node:a",
    ["server auth"],
    "DNS or IP subjectAltName is required",
  ],
])("%s does not sign %s for %p", async (...[signerName, subject, usages, message]) => {
  const name = `no-${crypto.randomUUID()}`;
  const sent = csr(name, { request: request(subject), usages: [...usages], signerName });
  await approve(await cluster.client.create(CSRS, sent));
  const failed = await eventually(async () =>
    (await read(name)).status?.conditions?.find(({ type }) => type === "Failed"),
  );
  expect(failed).toMatchObject({ reason: "SignerValidationFailure", message });
  expect((await read(name)).status?.certificate).toBeUndefined();
});

test("nobody becomes a superuser by a signature", async () => {
  const sent = csr("root", { request: request("/O=system:masters/CN=root") });
  const error = await rejection(cluster.client.create(CSRS, sent));
  expect(error.message).toBe(
    'certificatesigningrequests.certificates.k8s.io "root" is forbidden: use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
  );
});

test("a kubelet's own request is approved where a role says so", async () => {
  const kubelet: UserInfo = {
    name: "system:node:a",
    groups: ["system:nodes", "system:authenticated"],
  };
  await bind("system:node-bootstrapper", { kind: "Group", name: "system:bootstrappers" });
  await bind("system:certificates.k8s.io:certificatesigningrequests:selfnodeclient", {
    kind: "Group",
    name: "system:nodes",
  });
  const spec = { signerName: KUBELET, request: request("/O=system:nodes/CN=system:node:a") };
  await clientOf(kubelet).create(CSRS, csr("own", spec));
  expect((await issued("own")).subject).toBe("O=system:nodes\nCN=system:node:a");
  expect((await read("own")).status?.conditions?.[0]).toMatchObject({
    reason: "AutoApproved",
    message: "Auto approving self kubelet client certificate after SubjectAccessReview.",
  });
  const other = { signerName: KUBELET, request: request("/O=system:nodes/CN=system:node:b") };
  const error = await rejection(clientOf(kubelet).create(CSRS, csr("others", other)));
  expect(error.message).toContain("can only create a node CSR with CN=system:node:a");
  const joining: UserInfo = {
    name: "system:bootstrap:abcdef",
    groups: ["system:bootstrappers", "system:authenticated"],
  };
  await clientOf(joining).create(CSRS, csr("joining", other));
  await Bun.sleep(50);
  expect((await read("joining")).status).toEqual({});
});

const apiGroup = "rbac.authorization.k8s.io";
const apiVersion = `${apiGroup}/v1`;

async function bind(role: string, subject: { kind: string; name: string }): Promise<void> {
  await cluster.client.create(CLUSTER_ROLE_BINDINGS, {
    ...{ apiVersion, kind: "ClusterRoleBinding", metadata: { name: `test-${role}` } },
    roleRef: { apiGroup, kind: "ClusterRole", name: role },
    subjects: [{ apiGroup, ...subject }],
  });
}

test("only who may approve for a signer does", async () => {
  const made = await cluster.client.create(CSRS, csr("guarded", { request: request("/CN=x") }));
  const clusterAdmin: UserInfo = { name: "jane", groups: ["system:authenticated"] };
  await cluster.client.create(CLUSTER_ROLES, {
    ...{ apiVersion, kind: "ClusterRole", metadata: { name: "csr-approver" } },
    rules: [
      {
        apiGroups: ["certificates.k8s.io"],
        resources: ["certificatesigningrequests/approval"],
        verbs: ["update"],
      },
    ],
  });
  await bind("csr-approver", { kind: "User", name: "jane" });
  const error = await rejection(
    clientOf(clusterAdmin).updateSubresource(
      CSRS,
      { ...made, status: { conditions: [{ type: "Approved", status: "True" }] } },
      "approval",
    ),
  );
  expect(error.message).toBe(
    'certificatesigningrequests.certificates.k8s.io "guarded" is forbidden: user not permitted to approve requests with signerName "kubernetes.io/kube-apiserver-client"',
  );
  const denied = await approve(made, "Denied");
  expect(denied.status?.conditions?.[0]).toMatchObject({ type: "Denied" });
});

test("requests go when they are over, and a step of the clock takes none", async () => {
  await cluster.client.create(CSRS, csr("pending", { request: request("/CN=x") }));
  await approve(await cluster.client.create(CSRS, csr("done", { request: request("/CN=x") })));
  await issued("done");
  await Bun.sleep(20);
  const names = async () =>
    (await cluster.client.list(CSRS)).items.map(({ metadata }) => metadata?.name);
  clock.advance(HOUR_MS - 60_000);
  await Bun.sleep(20);
  expect(await names()).toContain("done");
  clock.advance(120_000);
  await eventually(async () => !(await names()).includes("done"));
  expect(await names()).toContain("pending");
  clock.advance(23 * HOUR_MS);
  await eventually(async () => !(await names()).includes("pending"));
});
