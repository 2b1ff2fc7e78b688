import { expect, test } from "bun:test";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually } from "#test/kit/eventually.ts";
import { newestKubectl } from "#test/kit/kubectl.ts";
import { NetworkNamespace } from "#test/kit/network-namespace.ts";
import { output } from "#test/kit/process.ts";
import { SiteProcess } from "#test/kit/site-process.ts";

const TEST_MS = 120_000;

test(
  "somebody gets a kubeconfig, may do what roles say, and is out as soon as it is revoked",
  async () => {
    await using host = await NetworkNamespace.create();
    await using site = await SiteProcess.start({ namespace: host });
    const path = join(site.dataDir, "jane.yaml");
    const create = ["kubeconfig", "create", "jane"];
    const made = await site.command([...create, "--group", "a", "--group", "b", "--out", path]);
    expect([made.exitCode, made.stdout]).toEqual([0, `Wrote ${path}\n`]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const kubectl = (await newestKubectl()).path;
    const asJane = (...args: string[]) =>
      host.run([kubectl, "--kubeconfig", path, ...args], { env: { HOME: site.dataDir } });

    const refused = await asJane("get", "pods");
    expect(refused.stderr).toContain('User "jane" cannot list resource "pods"');
    await site.output(["create", "clusterrolebinding", "b", "--clusterrole=view", "--group=b"]);
    expect((await asJane("get", "configmaps", "-o", "name")).exitCode).toBe(0);

    const short = await site.command([...create, "--expires", "90m"]);
    expect(short.stdout).toContain("client-certificate-data: ");
    expect((await site.command([...create, "--expires", "soon"])).exitCode).toBe(64);
    const listed = (await site.command(["kubeconfig", "ls"])).stdout.split("\n");
    expect(listed.map((line) => line.split(/ +/)[1])).toEqual(
      expect.arrayContaining(["GROUPS", "a,b", "<none>"]),
    );

    const revoked = await site.command(["kubeconfig", "revoke", "jane"]);
    expect(revoked.stdout).toBe("Revoked 2 certificates of jane\n");
    const out = await asJane("get", "configmaps");
    expect(out.exitCode).toBe(1);
    expect(out.stderr).toMatch(/Unauthorized|must be logged in/);
    expect((await site.command(["kubeconfig", "ls"])).stdout).toContain("revoked");
    expect((await site.command(["kubeconfig", "revoke", "jane"])).exitCode).toBe(1);

    await site.stop();
    site.launch();
    await site.ready();
    expect((await asJane("get", "configmaps")).exitCode).toBe(1);
    await site.command([...create, "--group", "b", "--out", path]);
    expect((await asJane("get", "configmaps", "-o", "name")).exitCode).toBe(0);
  },
  TEST_MS,
);

test(
  "a request of openssl's is approved with kubectl, signed, and lets its sender in",
  async () => {
    await using host = await NetworkNamespace.create();
    await using site = await SiteProcess.start({ namespace: host });
    const file = (name: string) => join(site.dataDir, name);
    const key = ["-newkey", "rsa:2048", "-nodes", "-keyout", file("key"), "-out", file("csr")];
    await output(["openssl", "req", "-new", ...key, "-subj", "/O=devs/CN=john"]);
    const csr = {
      apiVersion: "certificates.k8s.io/v1",
      kind: "CertificateSigningRequest",
      metadata: { name: "john" },
      spec: {
        request: readFileSync(file("csr")).toString("base64"),
        signerName: "kubernetes.io/kube-apiserver-client",
        expirationSeconds: 86_400,
        usages: ["digital signature", "key encipherment", "client auth"],
      },
    };
    await site.output(["create", "-f", "-"], { stdin: JSON.stringify(csr) });
    expect(await site.output(["get", "csr"])).toMatch(/john .* edgesite-admin .* Pending/);
    await site.output(["certificate", "approve", "john"]);
    const certificate = await eventually(
      async () => {
        const path = "jsonpath={.status.certificate}";
        const text = await site.output(["get", "csr", "john", "-o", path]);
        return text === "" ? undefined : Buffer.from(text, "base64");
      },
      { what: "The certificate" },
    );
    expect(await site.output(["get", "csr"])).toContain("Approved,Issued");
    writeFileSync(file("crt"), certificate);
    const verify = ["openssl", "verify", "-CAfile", file("pki/ca.crt"), file("crt")];
    expect(await output(verify)).toContain("OK");
    const review = JSON.stringify({
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRoleBinding",
      metadata: { name: "devs" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: "devs" }],
    });
    await site.output(["create", "-f", "-"], { stdin: review });
    const curl = ["curl", "-sS", "--cacert", file("pki/ca.crt"), "--cert", file("crt")];
    const url = "https://127.0.0.1:6443/api/v1/namespaces/default/configmaps";
    const asked = () => host.output([...curl, "--key", file("key"), url]);
    expect(await asked()).toContain("ConfigMapList");
    expect((await site.command(["kubeconfig", "ls"])).stdout).toMatch(/^john +devs .* good$/m);
    const revoked = await site.command(["kubeconfig", "revoke", "john"]);
    expect(revoked.stdout).toBe("Revoked the certificate of john\n");
    expect(await asked()).toContain("Unauthorized");

    await site.output(["create", "-f", "-"], {
      stdin: JSON.stringify({ ...csr, metadata: { name: "no" } }),
    });
    await site.output(["certificate", "deny", "no"]);
    expect(await site.output(["get", "csr", "no"])).toContain("Denied");
  },
  TEST_MS,
);
