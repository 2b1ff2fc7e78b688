import type { Endpoints, Pod, Service } from "#api/object.ts";
import { ENDPOINTS, NODES, PODS, SERVICES } from "#api/resources.ts";
import { badRequest, hasReason, serviceUnavailable } from "#api/status.ts";
import type { Verbs } from "#api/verbs.ts";
import { isGlobalUnicast } from "#lib/global-unicast.ts";
import type { ResourcePath } from "../request-path.ts";

/** Where a proxied request goes: to an address, or to the agent of a node. */
export type Place =
  | {
      readonly kind: "address";
      readonly host: string;
      readonly port: number;
      readonly tls: boolean;
    }
  | { readonly kind: "agent"; readonly node: string };

/** What the last part of a path before `/proxy` says: `https:web:metrics`. */
interface Asked {
  readonly namespace: string;
  readonly id: string;
  readonly scheme: string;
  readonly name: string;
  /** Number or name; `""` where none is given. */
  readonly port: string;
}

const AGENT_PORT = 10_250;
const HTTP_PORT = 80;
const HTTPS_PORT = 443;
const MAX_PORT = 65_535;

/**
 * Where an object's proxy leads. Only what the object itself names is reached, and never an address
 * that means another machine to everybody who uses it.
 * @throws StatusError 400 for a name that cannot be one, 404, 503 where nothing is behind the object.
 */
export async function placeOf(
  { resource, namespace, name = "" }: ResourcePath,
  verbs: Pick<Verbs, "get">,
): Promise<Place> {
  const asked = split(name, { namespace, noun: resource.kind.toLowerCase() });
  switch (resource.plural) {
    case "pods":
      return await podPlace(asked, verbs);
    case "services":
      return await servicePlace(asked, verbs);
    default:
      return await nodePlace(asked, verbs);
  }
}

/** apimachinery `SplitSchemeNamePort` */
function split(id: string, { namespace, noun }: { namespace: string; noun: string }): Asked {
  const parts = id.split(":");
  const [scheme = "", name = "", port = ""] = parts.length === 3 ? parts : ["", ...parts];
  const known = ["", "http", "https"].includes(scheme);
  if (parts.length > 3 || !known || name === "") {
    throw badRequest(`invalid ${noun} request ${JSON.stringify(id)}`);
  }
  return { namespace, id, scheme, name, port };
}

function address(
  host: string | undefined,
  { scheme, port }: Pick<Asked, "scheme" | "port">,
): Place {
  if (host === undefined || !isGlobalUnicast(host)) throw badRequest("address not allowed");
  const tls = scheme === "https";
  const number = port === "" ? (tls ? HTTPS_PORT : HTTP_PORT) : numberOf(port);
  if (number === undefined) throw badRequest(`invalid port ${JSON.stringify(port)}`);
  return { kind: "address", host, port: number, tls };
}

function numberOf(port: string): number | undefined {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  return number >= 1 && number <= MAX_PORT ? number : undefined;
}

/** Without a port: the first one that a container names. */
async function podPlace(asked: Asked, verbs: Pick<Verbs, "get">): Promise<Place> {
  const { namespace, name, scheme, port } = asked;
  const { value } = await verbs.get({ resource: PODS, namespace, name });
  const { spec, status } = value;
  const ports = (spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  const meant = port === "" ? ports[0] : ports.find((one) => one.name === port);
  return address(status?.podIP, { scheme, port: String(meant?.containerPort ?? port) });
}

/** A ready pod behind the Service, picked at random. */
async function servicePlace(asked: Asked, verbs: Pick<Verbs, "get">): Promise<Place> {
  const { namespace, name, scheme, id } = asked;
  const portName = await portNameOf(asked, verbs);
  const { value } = await verbs.get({ resource: ENDPOINTS, namespace, name });
  for (const { host, port } of shuffled(endpointsOf(value, portName))) {
    if (await isPod(host, { namespace, verbs })) {
      return address(host.ip, { scheme, port: String(port) });
    }
  }
  const named = (value.subsets ?? []).length === 0 ? name : id;
  throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(named)}`);
}

/** A port is asked for by its number or its name; without either the one without a name is meant. */
async function portNameOf(
  { namespace, name, port }: Asked,
  verbs: Pick<Verbs, "get">,
): Promise<string> {
  const number = /^\d+$/.test(port) ? Number(port) : undefined;
  if (number === undefined) return port;
  const { value }: { value: Service } = await verbs.get({ resource: SERVICES, namespace, name });
  const found = value.spec?.ports?.find((one) => one.port === number);
  if (found !== undefined) return found.name ?? "";
  throw serviceUnavailable(`no service port ${number} found for service ${JSON.stringify(name)}`);
}

type EndpointAddress = NonNullable<NonNullable<Endpoints["subsets"]>[number]["addresses"]>[number];

interface Endpoint {
  readonly host: EndpointAddress;
  readonly port: number;
}

function endpointsOf({ subsets = [] }: Endpoints, portName: string): Endpoint[] {
  return subsets.flatMap(({ addresses = [], ports = [] }) => {
    const port = ports.find((one) => (one.name ?? "") === portName)?.port;
    return port === undefined ? [] : addresses.map((host) => ({ host, port }));
  });
}

function shuffled<T>(all: readonly T[]): readonly T[] {
  const from = Math.floor(Math.random() * all.length);
  return [...all.slice(from), ...all.slice(0, from)];
}

/** Whoever may write Endpoints could name any address: only those of the pods they mean are reached. */
async function isPod(
  { ip, targetRef }: EndpointAddress,
  { namespace, verbs }: { namespace: string; verbs: Pick<Verbs, "get"> },
): Promise<boolean> {
  if (targetRef?.name === undefined || targetRef.namespace !== namespace) return false;
  try {
    const { value }: { value: Pod } = await verbs.get({
      ...{ resource: PODS, namespace, name: targetRef.name },
    });
    const { podIP, podIPs = [] } = value.status ?? {};
    return podIP === ip || podIPs.some((one) => one.ip === ip);
  } catch (error) {
    if (hasReason(error, "NotFound")) return false;
    throw error;
  }
}

const ADDRESS_TYPES: readonly string[] = ["InternalIP", "ExternalIP"];

/** Without a port, or with the agent's: the agent itself; else a program on the node. */
async function nodePlace({ name, scheme, port }: Asked, verbs: Pick<Verbs, "get">): Promise<Place> {
  const { value } = await verbs.get({ resource: NODES, namespace: "", name });
  const { addresses = [], daemonEndpoints } = value.status ?? {};
  const agentPort = daemonEndpoints?.kubeletEndpoint?.Port || AGENT_PORT;
  if (port === "" || port === String(agentPort)) return { kind: "agent", node: name };
  const found = ADDRESS_TYPES.flatMap((type) => addresses.filter((one) => one.type === type))[0];
  return address(found?.address, { scheme, port });
}
