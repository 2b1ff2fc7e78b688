import { type FieldError, invalid, invalidAll } from "../field-error.ts";
import { dns1123Subdomain } from "../names.ts";
import type { Container, PodSpec } from "../object.ts";
import { each } from "./common.ts";

type Options = NonNullable<NonNullable<Container["securityContext"]>["windowsOptions"]>;

const CREDENTIAL_MAX_KIBIBYTES = 64;
const DOMAIN_MAX_LENGTH = 256;
const USER_MAX_LENGTH = 104;
const CONTROL = /\p{Cc}/u;
const NET_BIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const DNS_LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
const DNS = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`);
const BAD_USER = /["/\\:;|=,+*?<>@[\]]/;

/** Errors of what a container or a pod says for Windows alone. */
export function validateWindowsOptions(options: Options | undefined, path: string): FieldError[] {
  if (options === undefined) return [];
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec, runAsUserName } = options;
  return [
    ...(name === undefined
      ? []
      : invalidAll(`${path}.gmsaCredentialSpecName`, {
          value: name,
          details: dns1123Subdomain(name),
        })),
    ...failed(`${path}.gmsaCredentialSpec`, gmsaCredentialSpec, credentialErrors),
    ...failed(`${path}.runAsUserName`, runAsUserName, userErrors),
  ];
}

function failed(
  path: string,
  value: string | undefined,
  check: (value: string) => readonly string[],
): FieldError[] {
  return value === undefined ? [] : invalidAll(path, { value, details: check(value) });
}

function credentialErrors(credential: string): string[] {
  if (credential === "") return ["gmsaCredentialSpec cannot be an empty string"];
  const isLarge = Buffer.byteLength(credential) > CREDENTIAL_MAX_KIBIBYTES * 1024;
  return isLarge ? [`gmsaCredentialSpec size must be under ${CREDENTIAL_MAX_KIBIBYTES} KiB`] : [];
}

/** `DOMAIN\user`, or `user`. */
function userErrors(name: string): string[] {
  if (name === "") return ["runAsUserName cannot be an empty string"];
  if (CONTROL.test(name)) return ["runAsUserName cannot contain control characters"];
  const parts = name.split("\\");
  if (parts.length > 2) return ["runAsUserName cannot contain more than one backslash"];
  const user = parts.at(-1) ?? "";
  const domain = parts.length === 2 ? parts[0] : undefined;
  const checks: readonly (readonly [boolean, string])[] = [
    [
      (domain?.length ?? 0) >= DOMAIN_MAX_LENGTH,
      `runAsUserName's Domain length must be under ${DOMAIN_MAX_LENGTH} characters`,
    ],
    [
      domain !== undefined && !NET_BIOS.test(domain) && !DNS.test(domain),
      "runAsUserName's Domain doesn't match the NetBios nor the DNS format",
    ],
    [user === "", "runAsUserName's User cannot be empty"],
    [
      user.length > USER_MAX_LENGTH,
      `runAsUserName's User length must not be longer than ${USER_MAX_LENGTH} characters`,
    ],
    [/^[. ]+$/.test(user), "runAsUserName's User cannot contain only periods or spaces"],
    [
      BAD_USER.test(user),
      "runAsUserName's User cannot contain the following characters: \"/\\:;|=,+*?<>@[]",
    ],
  ];
  return checks.filter(([fails]) => fails).map(([, detail]) => detail);
}

/** Containers that are processes of their host: all of a pod's, or none. */
export function validateHostProcess(spec: PodSpec, path: string): FieldError[] {
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess;
  const lists = ["initContainers", "containers", "ephemeralContainers"] as const;
  const said = lists.flatMap((list) =>
    (spec[list] ?? []).map(({ securityContext }) => securityContext?.windowsOptions?.hostProcess),
  );
  const errors = lists.flatMap((list) =>
    each<Pick<Container, "securityContext">>(
      spec[list],
      `${path}.${list}`,
      ({ securityContext }, at) => {
        const value = securityContext?.windowsOptions?.hostProcess;
        if (ofPod === undefined || value === undefined || value === ofPod) return [];
        const detail = `pod hostProcess value must be identical if both are specified, was ${ofPod}`;
        return [invalid(`${at}.securityContext.windowsOptions.hostProcess`, { value, detail })];
      },
    ),
  );
  const processes = said.filter((one) => one ?? ofPod ?? false).length;
  if (processes === 0) return errors;
  if (processes < said.length) {
    const detail =
      "If pod contains any hostProcess containers then all containers must be HostProcess containers";
    errors.push(invalid(path, { value: "", detail }));
  }
  if (!spec.hostNetwork) {
    const detail = "hostNetwork must be true if pod contains any hostProcess containers";
    errors.push(invalid(`${path}.hostNetwork`, { value: false, detail }));
  }
  return errors;
}
