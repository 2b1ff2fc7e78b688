import { type FieldError, invalid, invalidAll, required } from "../field-error.ts";
import { dns1123Subdomain, portNumber } from "../names.ts";

/** Where a webhook is: one of the two. */
export interface WebhookClient {
  readonly url?: string;
  readonly service?: {
    readonly namespace: string;
    readonly name: string;
    readonly path?: string;
    readonly port?: number;
  };
}

const FORM = "; desired format: https://host[/path]";

/** Errors of where a webhook is, after defaulting (`apiserver/pkg/util/webhook/validation.go`). */
export function validateWebhookClient({ url, service }: WebhookClient, path: string): FieldError[] {
  if ((url === undefined) === (service === undefined)) {
    return [required(path, "exactly one of url or service is required")];
  }
  if (service) return validateService(service, `${path}.service`);
  return validateUrl(url ?? "", `${path}.url`);
}

function validateUrl(text: string, path: string): FieldError[] {
  const broken = goUrlError(text);
  if (broken !== undefined)
    return [
      required(path, `url must be a valid URL: parse ${JSON.stringify(text)}: ${broken}${FORM}`),
    ];
  const match = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/i;
  const [, scheme = "", authority = "", , query = "", fragment = ""] = match.exec(text) ?? [];
  const [user, host = ""] = authority.includes("@") ? authority.split("@") : [undefined, authority];
  const errors: FieldError[] = [];
  const refuse = (value: string, detail: string) => errors.push(invalid(path, { value, detail }));
  if (scheme !== "https") refuse(scheme, `'https' is the only allowed URL scheme${FORM}`);
  if (host === "") refuse(host, `host must be specified${FORM}`);
  if (user !== undefined) refuse(user, "user information is not permitted in the URL");
  if (fragment !== "") refuse(fragment, "fragments are not permitted in the URL");
  if (query !== "") refuse(query, "query parameters are not permitted in the URL");
  return errors;
}

/** What Go's `net/url` finds wrong with a URL, in its words. */
function goUrlError(text: string): string | undefined {
  if (/\p{Cc}/u.test(text)) return "net/url: invalid control character in URL";
  if (text.startsWith(":")) return "missing protocol scheme";
  const [, wrong] = /(%(?![0-9A-Fa-f]{2}).{0,2})/.exec(text) ?? [];
  if (wrong !== undefined) return `invalid URL escape ${JSON.stringify(wrong)}`;
  const [, host = ""] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(text) ?? [];
  if (/\s/.test(host))
    return `invalid character ${JSON.stringify(/\s/.exec(host)?.[0])} in host name`;
  const [port] = /:[^:\]]*$/.exec(host.slice(host.lastIndexOf("@") + 1)) ?? [];
  if (port === undefined || /^:\d*$/.test(port)) return undefined;
  return `invalid port ${JSON.stringify(port)} after host`;
}

function validateService(
  { namespace, name, path: urlPath = "", port = 0 }: NonNullable<WebhookClient["service"]>,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (!name) errors.push(required(`${path}.name`));
  if (!namespace) errors.push(required(`${path}.namespace`));
  const details = portNumber(port);
  if (details.length > 0) {
    const detail = `port is not valid: ${details.join(",")}`;
    errors.push(invalid(`${path}.port`, { value: port, detail }));
  }
  const segments = segmentErrors(urlPath);
  return [...errors, ...invalidAll(`${path}.path`, { value: urlPath, details: segments })];
}

function segmentErrors(path: string): string[] {
  if (path === "" || path === "/") return [];
  if (path === "//") return ["segment[0] may not be empty"];
  const errors = path.startsWith("/") ? [] : ["must start with a '/'"];
  const segments = path.slice(1).replace(/\/$/, "").split("/");
  return [
    ...errors,
    ...segments.flatMap((segment, index) =>
      segment === ""
        ? [`segment[${index}] may not be empty`]
        : dns1123Subdomain(segment).map((error) => `segment[${index}]: ${error}`),
    ),
  ];
}
