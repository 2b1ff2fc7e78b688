import type { Service } from "#api/object.ts";

type Env = Record<string, string>;

/**
 * The variables that tell a pod of Services, `{SVC}_SERVICE_HOST` and Docker's link names: of its
 * own namespace where it wants links, and of `default/kubernetes` always.
 */
export function serviceEnv(
  services: readonly Service[],
  { namespace, links }: { readonly namespace: string; readonly links: boolean },
): Env {
  const env: Env = {};
  for (const service of services) {
    const { name = "", namespace: home = "" } = service.metadata ?? {};
    const isApi = home === "default" && name === "kubernetes";
    if (!isApi && !(links && home === namespace)) continue;
    const { clusterIP = "" } = service.spec ?? {};
    if (clusterIP !== "" && clusterIP !== "None") Object.assign(env, variablesOf(service));
  }
  return env;
}

function variablesOf({ metadata, spec }: Service): Env {
  const prefix = variableName(metadata?.name ?? "");
  const host = spec?.clusterIP ?? "";
  const [first] = spec?.ports ?? [];
  if (!first) return {};
  const env: Env = {
    [`${prefix}_SERVICE_HOST`]: host,
    [`${prefix}_SERVICE_PORT`]: String(first.port),
    [`${prefix}_PORT`]: link(host, first),
  };
  for (const port of spec?.ports ?? []) {
    if (port.name) {
      env[`${prefix}_SERVICE_PORT_${variableName(port.name)}`] = String(port.port);
    }
    const protocol = port.protocol ?? "TCP";
    const linkName = `${prefix}_PORT_${port.port}_${protocol}`;
    env[linkName] = link(host, port);
    env[`${linkName}_PROTO`] = protocol.toLowerCase();
    env[`${linkName}_PORT`] = String(port.port);
    env[`${linkName}_ADDR`] = host;
  }
  return env;
}

function link(host: string, { port, protocol = "TCP" }: { port: number; protocol?: string }) {
  return `${protocol.toLowerCase()}://${host}:${port}`;
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}
