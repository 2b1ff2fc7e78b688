import { hasFormat } from "../../crd/formats.ts";
import {
  dns1035Label,
  dns1123Label,
  dns1123Subdomain,
  labelValue,
  qualifiedName,
} from "../../names.ts";
import { noOverload } from "../errors.ts";
import { define, type Overload } from "../functions.ts";
import { type CelValue, Opaque, Optional } from "../values.ts";
import { text } from "./standard.ts";

type Check = (value: string) => readonly string[];

const prefixed =
  (check: Check): Check =>
  (value) =>
    check(value.endsWith("-") ? `${value.slice(0, -1)}a` : value);

const byFormat =
  (format: string, problem: string): Check =>
  (value) =>
    hasFormat(value, format) ? [] : [problem];

const FORMATS: Readonly<Record<string, Check>> = {
  dns1123Label,
  dns1123Subdomain,
  dns1035Label,
  qualifiedName,
  labelValue,
  dns1123LabelPrefix: prefixed(dns1123Label),
  dns1123SubdomainPrefix: prefixed(dns1123Subdomain),
  dns1035LabelPrefix: prefixed(dns1035Label),
  uri: byFormat("uri", "invalid URI"),
  uuid: byFormat("uuid", "does not match the UUID format"),
  byte: byFormat("byte", "invalid base64"),
  date: byFormat("date", "invalid date"),
  datetime: byFormat("date-time", "invalid datetime"),
};

function named(name: string): Optional {
  const check = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
  return new Optional(check && new Opaque("format", name));
}

function validate(format: CelValue | undefined, value: string): Optional {
  if (!(format instanceof Opaque && typeof format.value === "string")) throw noOverload();
  const problems = FORMATS[format.value]?.(value) ?? [];
  return new Optional(problems.length > 0 ? problems : undefined);
}

/** Kubernetes' named formats: `format.dns1123Label().validate(self)`. */
export const NAMED_FORMATS: readonly Overload[] = [
  ...Object.keys(FORMATS).map((name) =>
    define(`format_${name}(): format`, () => new Opaque("format", name)),
  ),
  define("format_named(string): optional<format>", (name) => named(text(name))),
  define("format.validate(string): optional<list<string>>", (format, value) =>
    validate(format, text(value)),
  ),
];
