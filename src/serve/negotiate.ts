import { StatusError } from "#api/status.ts";
import type { MetaVersion } from "#api/table.ts";

/** The form of an answer that a client and the server agree on. */
export interface Format {
  readonly media: "json" | "yaml";
  /** Asked for by `;as=…`: the object itself when absent. */
  readonly as?: "Table" | "PartialObjectMetadata" | "PartialObjectMetadataList";
  readonly version: MetaVersion;
}

interface Clause {
  readonly type: string;
  readonly quality: number;
  readonly parameters: ReadonlyMap<string, string>;
}

const JSON_FORMAT: Format = { media: "json", version: "v1" };
const MEDIA: Readonly<Record<string, Format["media"]>> = {
  "application/json": "json",
  "application/yaml": "yaml",
  "application/*": "json",
  "*/*": "json",
};

/**
 * The first form of an Accept header that can be given, better qualities first. Protobuf is read
 * but never written: its clients all accept JSON too.
 * @throws StatusError 406 when there is none.
 */
export function negotiate(accept: string | null, { transforms }: { transforms: boolean }): Format {
  if (accept === null || accept.trim() === "") return JSON_FORMAT;
  for (const clause of parseAccept(accept)) {
    const format = formatOf(clause);
    if (format && (transforms || format.as === undefined)) return format;
  }
  throw new StatusError(
    "only the following media types are accepted: application/json, application/yaml",
    { code: 406, reason: "NotAcceptable" },
  );
}

/** The clauses of an Accept header, best first. */
export function parseAccept(accept: string): readonly Clause[] {
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
  return clauses.filter(({ quality }) => quality > 0).sort((a, b) => b.quality - a.quality);
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
