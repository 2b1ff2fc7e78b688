import { StatusError } from "#api/status.ts";
import type { MetaVersion } from "#api/table.ts";

/** The form of an answer that a client and the server agree on. */
export interface Format {
  readonly media: "json" | "yaml" | "protobuf";
  /** Asked for by `;as=…`: the object itself when absent. */
  readonly as?: "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";
  readonly version: MetaVersion;
}

interface Clause {
  readonly type: string;
  readonly quality: number;
  readonly parameters: ReadonlyMap<string, string>;
}

/** What an answer can be given as. */
interface Offer {
  /** Tables and partial metadata: not where objects have no metadata. */
  readonly transforms: boolean;
  /** Whether the kind has a message; asked only where somebody wants one. */
  readonly protobuf: () => boolean;
  /** A stream of events, which YAML has no form for. */
  readonly watch?: boolean;
}

const JSON_TYPE = "application/json";
const JSON_FORMAT: Format = { media: "json", version: "v1" };
const MEDIA: Readonly<Record<string, Format["media"]>> = {
  [JSON_TYPE]: "json",
  "application/yaml": "yaml",
  "application/vnd.kubernetes.protobuf": "protobuf",
  "application/*": "json",
  "*/*": "json",
};

/**
 * The first form of an Accept header that can be given, better qualities first. Protobuf comes last
 * whatever its quality: JSON lies encoded already, and hardly a client takes nothing else.
 * @throws StatusError 406 when there is none.
 */
export function negotiate(accept: string | null, offer: Offer): Format {
  // What most clients of one object ask for.
  if (accept === null || accept === JSON_TYPE || accept.trim() === "") return JSON_FORMAT;
  const formats = parseAccept(accept).flatMap((clause) => formatOf(clause) ?? []);
  const possible = formats.filter((format) => canGive(format, offer));
  const [format] = possible.filter(({ media }) => media !== "protobuf");
  const chosen = format ?? possible[0];
  // Who would rather have what cannot be given piece by piece is told what can.
  const isStream = offer.watch && chosen?.media === "yaml";
  if (chosen && !isStream) return chosen;
  const stream = isStream ? ";stream=watch" : "";
  const media = [
    `application/json${stream}`,
    ...(isStream ? [] : ["application/yaml"]),
    // Of custom kinds too, which nobody gets that way.
    `application/vnd.kubernetes.protobuf${stream}`,
  ];
  throw notAcceptable(`only the following media types are accepted: ${media.join(", ")}`);
}

const PRODUCED = [JSON_TYPE, "application/yaml", "application/vnd.kubernetes.protobuf"];
const STREAMED = [
  "application/json;stream=watch",
  "application/vnd.kubernetes.protobuf;stream=watch",
];

/**
 * What upstream's router says of an Accept header that names nothing of a built-in kind's, before
 * anybody negotiates. A collection may also be watched, which is said.
 * @throws StatusError 406.
 */
export function checkProduced({ headers }: Request, mayStream: boolean): void {
  const accept = headers.get("accept")?.trim();
  if (!accept || accept === JSON_TYPE) return;
  const types = accept.split(",").map((clause) => (clause.split(";")[0] ?? "").trim());
  if (types.some((type) => type === "*/*" || PRODUCED.includes(type))) return;
  const available = mayStream ? [...PRODUCED, ...STREAMED] : PRODUCED;
  throw new StatusError(
    `406: Not Acceptable\n\nAvailable representations: ${available.join(", ")}`,
    { code: 406, reason: "NotAcceptable", details: {} },
  );
}

/** 406: there is no answer in a form that the client takes. */
export function notAcceptable(message: string): StatusError {
  return new StatusError(message, { code: 406, reason: "NotAcceptable" });
}

function canGive({ media, as }: Format, { transforms, protobuf }: Offer): boolean {
  if (as !== undefined && !transforms) return false;
  return media !== "protobuf" || (as !== "Table" && protobuf());
}

/** The clauses of an Accept header, best first. */
export function parseAccept(accept: string): readonly Clause[] {
  // A quality of 0 refuses nothing upstream: it comes last.
  const clauses = accept.split(",").map((text) => {
    const [type = "", ...rest] = text.split(";").map((part) => part.trim());
    const parameters = new Map(
      rest.map((part) => {
        const [name = "", value = ""] = part.split("=").map((side) => side.trim());
        return [name.toLowerCase(), value] as const;
      }),
    );
    const quality = Number(parameters.get("q") ?? 1);
    return { type: type.toLowerCase(), quality: Number.isNaN(quality) ? 0 : quality, parameters };
  });
  return clauses.sort((a, b) => b.quality - a.quality);
}

function formatOf({ type, parameters }: Clause): Format | undefined {
  const media = Object.hasOwn(MEDIA, type) ? MEDIA[type] : undefined;
  if (media === undefined) return undefined;
  const as = parameters.get("as");
  if (as === undefined) return { media, version: "v1" };
  if (parameters.get("g") !== "meta.k8s.io") return undefined;
  const version = parameters.get("v");
  if (version !== "v1" && version !== "v1beta1") return undefined;
  switch (as) {
    case "Table":
    case "PartialObjectMetadata":
    case "PartialObjectMetadataList":
      return { media, as, version };
    default:
      return undefined;
  }
}
