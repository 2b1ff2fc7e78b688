import { CelError, noOverload } from "../errors.ts";
import { define, type Overload } from "../functions.ts";
import { type CelValue, LiteralMap, Opaque } from "../values.ts";
import { text } from "./standard.ts";

interface Parsed {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

/** Go's `url.ParseRequestURI`: an absolute URL, or an absolute path. */
function parse(value: string): Parsed {
  const [, scheme = "", host = "", path = "", query = ""] =
    /^(?:([A-Za-z][\w+.-]*):\/\/(?:[^/?#@]*@)?([^/?#]*))?(\/[^?#]*)?(?:\?(.*))?$/.exec(value) ?? [];
  const isValid = !/[\s\p{Cc}]/u.test(value) && (scheme !== "" || path !== "");
  if (!isValid)
    throw new CelError(
      `URL parse error during conversion from string: parse "${value}": invalid URI for request`,
    );
  return { scheme, host, path: decode(path), query };
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    throw new CelError(`URL parse error during conversion from string: invalid URL escape`);
  }
}

const url = (value: CelValue | undefined): Parsed => {
  if (value instanceof Opaque && value.kind === "url") return value.value as Parsed;
  throw noOverload();
};

const hostname = (host: string): string => host.replace(/:\d*$/, "").replaceAll(/[[\]]/g, "");
const portOf = (host: string): string => /:(\d+)$/.exec(host)?.[1] ?? "";

function queryOf(query: string): LiteralMap {
  const parameters = new URLSearchParams(query);
  const names = [...new Set(parameters.keys())];
  return new LiteralMap(names.map((name) => [name, parameters.getAll(name)]));
}

function isUrl(value: string): boolean {
  try {
    parse(value);
    return true;
  } catch (error) {
    if (error instanceof CelError) return false;
    throw error;
  }
}

/** Kubernetes' URLs. */
export const URLS: readonly Overload[] = [
  define("url(string): url", (value) => new Opaque("url", parse(text(value)))),
  define("isURL(string): bool", (value) => isUrl(text(value))),
  define("url.getScheme(): string", (value) => url(value).scheme),
  define("url.getHost(): string", (value) => url(value).host),
  define("url.getHostname(): string", (value) => hostname(url(value).host)),
  define("url.getPort(): string", (value) => portOf(url(value).host)),
  define("url.getEscapedPath(): string", (value) => encodeURI(url(value).path)),
  define("url.getQuery(): map<string, list<string>>", (value) => queryOf(url(value).query)),
];
