/** Who may do what, as every kubectl asks for it, and a pod that talks to the API with its token. */
import { expect, test } from "bun:test";
import { eachKubectl } from "#test/kit/each-kubectl.ts";

const VERB_MS = 60_000;

await eachKubectl(({ kubectl }) => {
  test(
    "somebody else's rights are given, asked for, listed and used",
    async () => {
      const k = kubectl();
      expect((await k.ok("auth can-i delete pods")).trim()).toBe("yes");
      expect((await k.run("auth can-i list pods --as=anna")).stdout.trim()).toBe("no");
      expect(await k.refused("get pods --as=anna")).toContain(
        `pods is forbidden: User "anna" cannot list resource "pods" in API group "" in the namespace "${k.name}"`,
      );
      await k.ok("create role reader --verb=get,list,watch --resource=pods,services");
      await k.ok("create rolebinding readers --role=reader --user=anna --group=staff");
      expect((await k.ok("auth can-i list pods --as=anna")).trim()).toBe("yes");
      expect((await k.ok("auth can-i list pods --as=berta --as-group=staff")).trim()).toBe("yes");
      expect((await k.run("auth can-i delete pods --as=anna")).stdout.trim()).toBe("no");
      expect(await k.ok("auth can-i --list --as=anna")).toMatch(
        /pods +\[\] +\[\] +\[get list watch\]/,
      );
      expect(await k.ok("get pods --as=anna")).toBe("");
      expect(await k.ok("describe rolebinding readers")).toMatch(/User +anna/);
      expect(await k.refused("create role more --verb=delete --resource=pods --as=anna")).toContain(
        "forbidden",
      );
      await k.ok("delete role/reader rolebinding/readers");
    },
    VERB_MS,
  );

  test(
    "roles from a file are reconciled",
    async () => {
      const k = kubectl();
      const role = (verbs: string): string =>
        k.file(
          `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: kept, namespace: ${k.name}}
rules: [{apiGroups: [""], resources: [pods], verbs: [${verbs}]}]
`,
        );
      expect(await k.ok(["auth", "reconcile", "-f", role("get")])).toContain("reconciled");
      expect(await k.ok(["auth", "reconcile", "-f", role("get, list")])).toContain("reconciled");
      const rules = await k.read("role/kept", ".rules[*].verbs");
      expect(rules).toContain("list");
    },
    VERB_MS,
  );

  test(
    "a ServiceAccount's token is a credential of its own",
    async () => {
      const k = kubectl();
      await k.ok("create serviceaccount robot");
      await k.ok(`create rolebinding robot --clusterrole=view --serviceaccount=${k.name}:robot`);
      const asRobot = `--as=system:serviceaccount:${k.name}:robot`;
      expect((await k.ok(`auth can-i list configmaps ${asRobot}`)).trim()).toBe("yes");
      if (k.minor < 24) return;
      const token = (await k.ok("create token robot --duration=600s")).trim();
      const kubeconfig = await k.kubeconfigWith(token);
      expect(await k.ok(["--kubeconfig", kubeconfig, "get", "configmaps"])).toContain(
        "kube-root-ca.crt",
      );
      expect(await k.refused(["--kubeconfig", kubeconfig, "get", "secrets"])).toContain(
        `User "system:serviceaccount:${k.name}:robot" cannot list resource "secrets"`,
      );
      if (k.minor < 28) return;
      expect(await k.ok(["--kubeconfig", kubeconfig, "auth", "whoami"])).toContain(
        `system:serviceaccount:${k.name}:robot`,
      );
    },
    VERB_MS,
  );

  test(
    "a pod talks to the API with its token",
    async () => {
      const k = kubectl();
      await k.ok(`create rolebinding pods --clusterrole=view --serviceaccount=${k.name}:default`);
      await k.ok("run talker --image=busybox:1.36 --command -- sleep 1000");
      await k.ok("wait --for=condition=Ready pod/talker --timeout=30s");
      const directory = "/var/run/secrets/kubernetes.io/serviceaccount";
      const inPod = (script: string): Promise<string> =>
        k.ok(["exec", "talker", "--", "sh", "-c", script]);
      expect(await inPod(`ls ${directory}; cat ${directory}/namespace`)).toBe(
        `ca.crt\nnamespace\ntoken\n${k.name}`,
      );
      expect(await inPod(`cat ${directory}/ca.crt`)).toContain("BEGIN CERTIFICATE");
      const ask = (path: string): string =>
        `wget -q -O - --no-check-certificate --header "Authorization: Bearer $(cat ${directory}/token)" https://kubernetes.default.svc${path}`;
      const pod = JSON.parse(await inPod(ask(`/api/v1/namespaces/${k.name}/pods/talker`)));
      expect(pod.metadata.name).toBe("talker");
      expect(
        await k.refused(["exec", "talker", "--", "sh", "-c", ask("/api/v1/secrets")]),
      ).toContain("403");
      await k.ok("delete pod talker --grace-period=1");
    },
    VERB_MS,
  );
});
