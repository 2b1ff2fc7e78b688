import type { Connection } from "./connection.ts";
import { expectOk } from "./workload.ts";

/** A Service without a selector whose only endpoint is an address of this namespace. */
export interface ServiceOf {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

/** Makes it; answers its ClusterIP. */
export async function serviceOf(
  api: Connection,
  { name, address, port }: ServiceOf,
): Promise<string> {
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { ports: [{ name: "main", port, targetPort: port }] },
  };
  const slice = {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: `${name}-1`, labels: { "kubernetes.io/service-name": name } },
    addressType: "IPv4",
    endpoints: [{ addresses: [address], conditions: { ready: true } }],
    ports: [{ name: "main", port, protocol: "TCP" }],
  };
  const made = await create(api, "/api/v1/namespaces/default/services", service);
  await create(api, "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", slice);
  const { spec } = JSON.parse(made);
  return spec.clusterIP;
}

function create(api: Connection, path: string, object: object): Promise<string> {
  return expectOk(api.send({ method: "POST", path, body: JSON.stringify(object) }));
}
