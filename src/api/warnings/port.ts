import type { Container } from "../object.ts";

type Port = NonNullable<Container["ports"]>[number];

interface Placed {
  readonly path: string;
  readonly port: Port;
}

/** How Go prints a port. */
function printed({ name = "", hostPort = 0, containerPort, protocol = "", hostIP = "" }: Port) {
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`;
}

/** What two ports of one number have to do with each other. */
function relation(one: Port, other: Port): string | undefined {
  const [host, otherHost] = [one.hostPort ?? 0, other.hostPort ?? 0];
  const [ip, otherIp] = [one.hostIP ?? "", other.hostIP ?? ""];
  if (ip === otherIp && host === otherHost) return "duplicate";
  if (host === 0 || otherHost === 0) return "overlapping";
  if (host === otherHost && (ip === "") !== (otherIp === "")) return "dangerously ambiguous";
  return undefined;
}

/** Warnings of the ports of all containers of a pod. */
export function portWarnings(containers: readonly (readonly [Container, string])[]): string[] {
  const seen = new Map<string, Placed[]>();
  const ports = containers.flatMap(([{ ports = [] }, path]) =>
    ports.map((port, index): Placed => ({ port, path: `${path}.ports[${index}]` })),
  );
  const warned = ports.flatMap(({ port, path }) => {
    const warnings: string[] = [];
    if (port.hostIP && !port.hostPort) {
      warnings.push(`${path}: hostIP set without hostPort: ${printed(port)}`);
    }
    const id = `${port.containerPort}/${port.protocol}`;
    const others = seen.get(id) ?? [];
    for (const other of others) {
      const how = relation(port, other.port);
      if (how !== undefined) warnings.push(`${path}: ${how} port definition with ${other.path}`);
    }
    seen.set(id, [...others, { port, path }]);
    return warnings;
  });
  return [...warned, ...nameWarnings(ports)];
}

/** A name that two ports have leads to the first of them. */
function nameWarnings(ports: readonly Placed[]): string[] {
  const named = new Map<string, string>();
  return ports.flatMap(({ port: { name }, path }) => {
    const first = name ? named.get(name) : undefined;
    if (name && first === undefined) named.set(name, path);
    if (first === undefined) return [];
    const told = JSON.stringify(name);
    const said = `duplicate port name ${told} with ${first}, services and probes that select ports by name will use ${first}`;
    return [`${path}: ${said}`];
  });
}
