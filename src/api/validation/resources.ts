import { type FieldError, forbidden, invalid, invalidAll, required } from "../field-error.ts";
import { qualifiedName } from "../names.ts";
import type { Container } from "../object.ts";
import { QUANTITY_ERROR, Quantity } from "../quantity.ts";
import { isExtended, isHugePages, isNative, isQualified, mayOvercommit } from "../resource-name.ts";

type Requirements = NonNullable<Container["resources"]>;
type Amounts = Readonly<Record<string, string>>;

const STANDARD = new Set([
  "cpu",
  "memory",
  "ephemeral-storage",
  "requests.cpu",
  "requests.memory",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "storage",
  "requests.storage",
  "services.nodeports",
  "services.loadbalancers",
]);
const OF_CONTAINERS = new Set(["cpu", "memory", "ephemeral-storage"]);
/** Names of counts, which have no fractions. */
const INTEGERS = new Set([
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
  "services.nodeports",
  "services.loadbalancers",
]);

/** Errors of one amount: syntax, sign, fractions of what is counted. */
export function validateAmount(
  path: string,
  { name, amount }: { name: string; amount: string },
): FieldError[] {
  const quantity = Quantity.tryParse(amount);
  if (quantity === undefined) return [invalid(path, { value: amount, detail: QUANTITY_ERROR })];
  const errors =
    quantity.compare(Quantity.zero) < 0
      ? [invalid(path, { value: quantity, detail: "must be greater than or equal to 0" })]
      : [];
  const isCount = INTEGERS.has(name) || isExtended(name);
  if (!isCount || quantity.isWhole) return errors;
  return [...errors, invalid(path, { value: quantity, detail: "must be an integer" })];
}

/** An amount that is more than nothing. */
export function validatePositiveAmount(path: string, amount: string): FieldError[] {
  const quantity = Quantity.tryParse(amount);
  if (quantity === undefined) return [invalid(path, { value: amount, detail: QUANTITY_ERROR })];
  if (quantity.compare(Quantity.zero) > 0) return [];
  return [invalid(path, { value: quantity, detail: "must be greater than zero" })];
}

const isHugePagesOfQuota = (name: string) => /^(requests\.)?hugepages-/.test(name);

/** Errors in the name of any resource. */
export function validateResource(name: string, path: string): FieldError[] {
  const errors = invalidAll(path, { value: name, details: qualifiedName(name) });
  if (errors.length > 0 || isQualified(name)) return errors;
  if (STANDARD.has(name) || isHugePagesOfQuota(name)) return [];
  const detail = "must be a standard resource type or fully qualified";
  return [invalid(path, { value: name, detail })];
}

/** Errors in the name of a resource that a container can ask for. */
export function validateContainerResource(name: string, path: string): FieldError[] {
  const errors = validateResource(name, path);
  if (!isQualified(name)) {
    if (OF_CONTAINERS.has(name) || isHugePages(name)) return errors;
    const detail = "must be a standard resource for containers";
    return [...errors, invalid(path, { value: name, detail })];
  }
  if (isNative(name) || isExtended(name)) return errors;
  const detail = "doesn't follow extended resource name standard";
  return [...errors, invalid(path, { value: name, detail })];
}

/** True for what quotas count under a name of its own. */
export function isQuotaResource(name: string): boolean {
  return (STANDARD.has(name) && name !== "storage") || isHugePagesOfQuota(name);
}

/** Errors in the name of a resource that a quota can be about. */
export function validateQuotaResource(name: string, path: string): FieldError[] {
  const errors = validateResource(name, path);
  // whatever has a count has one as `count/RESOURCE`, which is a qualified name
  if (isQualified(name) || isQuotaResource(name)) return errors;
  const detail = "must be a standard resource for quota";
  return [...errors, invalid(path, { value: name, detail })];
}

type NameCheck = (name: string, path: string) => FieldError[];

function validateAmounts(amounts: Amounts, path: string, checkName: NameCheck): FieldError[] {
  return Object.entries(amounts).flatMap(([name, amount]) => [
    ...checkName(name, `${path}[${name}]`),
    ...validateAmount(`${path}[${name}]`, { name, amount }),
    ...validatePages(`${path}[${name}]`, { name, amount }),
  ]);
}

/** Memory comes in whole pages. */
function validatePages(path: string, { name, amount }: { name: string; amount: string }) {
  if (!isHugePages(name)) return [];
  const [value, page] = [amount, name.slice("hugepages-".length)].map((text) =>
    Quantity.tryParse(text),
  );
  if (value === undefined) return [];
  const isDivisible = page?.isWhole && page.value > 0n && value.value % page.value === 0n;
  const detail = `${value} is not positive integer multiple of ${name}`;
  return isDivisible ? [] : [invalid(path, { value, detail })];
}

function validateRequest(
  path: string,
  { name, amount, limits }: { name: string; amount: string; limits: Amounts },
): FieldError[] {
  const limitText = limits[name];
  if (limitText === undefined) {
    const detail = "Limit must be set for non overcommitable resources";
    return mayOvercommit(name) ? [] : [required(`${path}.limits`, detail)];
  }
  if (amount === limitText) return [];
  const [request, limit] = [Quantity.tryParse(amount), Quantity.tryParse(limitText)];
  if (request === undefined || limit === undefined) return [];
  const order = request.compare(limit);
  if (order !== 0 && !mayOvercommit(name)) {
    const detail = `must be equal to ${name} limit of ${limit}`;
    return [invalid(`${path}.requests`, { value: request, detail })];
  }
  if (order <= 0) return [];
  const detail = `must be less than or equal to ${name} limit of ${limit}`;
  return [invalid(`${path}.requests`, { value: request, detail })];
}

/** Errors of the amounts of a container's `resources`. */
export function validateRequirements(
  resources: Requirements | undefined,
  path: string,
  checkName: NameCheck = validateContainerResource,
): FieldError[] {
  const { limits = {}, requests = {} } = resources ?? {};
  const errors = [
    ...validateAmounts(limits, `${path}.limits`, checkName),
    ...validateAmounts(requests, `${path}.requests`, checkName),
    ...Object.entries(requests).flatMap(([name, amount]) =>
      validateRequest(path, { name, amount, limits }),
    ),
  ];
  const names = [...Object.keys(limits), ...Object.keys(requests)];
  const bare = names.some(isHugePages) && !names.some((name) => /^(cpu|memory)$/.test(name));
  return bare ? [...errors, forbidden(path, "HugePages require cpu or memory")] : errors;
}
