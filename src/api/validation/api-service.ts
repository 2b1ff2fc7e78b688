import { type FieldError, invalid, invalidAll, notSupported, required } from "../field-error.ts";
import { dns1035Label, dns1123Subdomain, portNumber } from "../names.ts";
import type { APIService } from "../object.ts";
import { each } from "./common.ts";

type Spec = NonNullable<APIService["spec"]>;

const MAX_GROUP_PRIORITY = 20_000;
const MAX_VERSION_PRIORITY = 1000;

/** Errors of an APIService after defaulting; its name says what it serves. */
export function validateApiService({ metadata, spec }: APIService): FieldError[] {
  const { group = "", version = "", groupPriorityMinimum = 0, versionPriority = 0 } = spec ?? {};
  const name = metadata?.name ?? "";
  const errors: FieldError[] = [];
  if (name !== `${version}.${group}`) {
    const detail = `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(`${version}.${group}`)}`;
    errors.push(invalid("metadata.name", { value: name, detail }));
  }
  if (group === "" && version !== "v1") {
    const why = "only v1 may have an empty group and it better be legacy kube";
    errors.push(required("spec.group", why));
  }
  if (group !== "") {
    errors.push(...invalidAll("spec.group", { value: group, details: dns1123Subdomain(group) }));
  }
  errors.push(...invalidAll("spec.version", { value: version, details: dns1035Label(version) }));
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > MAX_GROUP_PRIORITY) {
    const detail = `must be positive and less than ${MAX_GROUP_PRIORITY}`;
    errors.push(invalid("spec.groupPriorityMinimum", { value: groupPriorityMinimum, detail }));
  }
  if (versionPriority <= 0 || versionPriority > MAX_VERSION_PRIORITY) {
    const detail = `must be positive and less than ${MAX_VERSION_PRIORITY}`;
    errors.push(invalid("spec.versionPriority", { value: versionPriority, detail }));
  }
  return spec ? [...errors, ...validateService(spec), ...validateTrust(spec)] : errors;
}

function validateTrust({ service, caBundle = "", insecureSkipTLSVerify: insecure }: Spec) {
  const errors: FieldError[] = [];
  const refuse = (detail: string) =>
    errors.push(invalid("spec.insecureSkipTLSVerify", { value: true, detail }));
  if (service) {
    if (insecure && caBundle !== "") refuse("may not be true if caBundle is present");
    return errors;
  }
  if (caBundle !== "") {
    const value = `${Buffer.from(caBundle, "base64").length} bytes`;
    const detail = "local APIServices may not have a caBundle";
    errors.push(invalid("spec.caBundle", { value, detail }));
  }
  if (insecure) refuse("local APIServices may not have insecureSkipTLSVerify");
  return errors;
}

function validateService({ service }: Spec): FieldError[] {
  if (!service) return [];
  const { namespace, name, port = 0 } = service;
  const errors: FieldError[] = [];
  if (!namespace) errors.push(required("spec.service.namespace"));
  if (!name) errors.push(required("spec.service.name"));
  const details = portNumber(port);
  if (details.length > 0) {
    const detail = `port is not valid: ${details.join(", ")}`;
    errors.push(invalid("spec.service.port", { value: port, detail }));
  }
  return errors;
}

const STATUSES = ["True", "False", "Unknown"];

/** Errors of what is said of an API's health. */
export function validateApiServiceStatus({ status }: APIService): FieldError[] {
  return each(status?.conditions, "status.conditions", ({ status: value }, at) =>
    STATUSES.includes(value) ? [] : [notSupported(`${at}.status`, { value, supported: STATUSES })],
  );
}
