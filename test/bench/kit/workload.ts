import { eventually } from "#test/kit/eventually.ts";
import type { Connection } from "./connection.ts";

const DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
const WITHIN_MS = 120_000;

/** Makes a Deployment of pods that run and do nothing. */
export async function deploy(api: Connection, name: string): Promise<void> {
  const labels = { app: name };
  const container = { name: "app", image: "busybox:1.36", command: ["sleep", "1000000"] };
  const template = { metadata: { labels }, spec: { containers: [container] } };
  const body = JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: { replicas: 0, selector: { matchLabels: labels }, template },
  });
  await expectOk(api.send({ method: "POST", path: DEPLOYMENTS, body }));
}

/** Gives a Deployment another size and waits until all of its pods are available. */
export async function scale(
  api: Connection,
  { name, replicas }: { readonly name: string; readonly replicas: number },
): Promise<void> {
  const path = `${DEPLOYMENTS}/${name}`;
  const body = JSON.stringify({ spec: { replicas } });
  const contentType = "application/merge-patch+json";
  await expectOk(api.send({ method: "PATCH", path, body, contentType }));
  await eventually(
    async () => {
      const { status } = JSON.parse((await api.send({ path })).body.toString());
      return status?.availableReplicas === replicas;
    },
    { what: `${replicas} available pods`, withinMs: WITHIN_MS },
  );
}

/** The body of an answer that must say that all went well. */
export async function expectOk(
  answer: Promise<{ readonly status: number; readonly body: Buffer }>,
): Promise<string> {
  const { status, body } = await answer;
  const text = body.toString();
  if (status >= 300) throw new Error(`A request was answered with ${status}: ${text}`);
  return text;
}
