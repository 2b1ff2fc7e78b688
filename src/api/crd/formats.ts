import { isIPv4, isIPv6 } from "node:net";

type Check = (text: string) => boolean;

const matches =
  (pattern: RegExp): Check =>
  (text) =>
    pattern.test(text);

const uuid = (version: string): Check =>
  matches(
    new RegExp(`^[0-9a-f]{8}-?[0-9a-f]{4}-?${version}[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$`, "i"),
  );

const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const DATE_TIME =
  /^(\d{4}-\d\d-\d\d)[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-](0\d|1[0-4]):?[0-5]\d)$/;
const HOSTNAME =
  /^(?:[a-zA-Z0-9\p{S}\p{L}]-?[a-zA-Z0-9\p{S}\p{L}]{0,62}|(?:[a-zA-Z0-9\p{S}\p{L}](?:[a-zA-Z0-9\-\p{S}\p{L}]{0,61}[a-zA-Z0-9\p{S}\p{L}])?\.)+[a-zA-Z\p{L}]{2,63})$/u;
const EMAIL =
  /^(?:[^<>]*<)?(?:"(?:[^"\\]|\\.)*"|[^\s@"(),:;<>[\\\].]+(?:\.[^\s@"(),:;<>[\\\].]+)*)@[^\s@<>]+>?$/;
/** A number and a unit of Scala's anywhere in a text are a duration as well. */
const SCALA_DURATION =
  /\d\s*(?:(?:ns|us|µs|ms|s|m|h|hr|d|w|wk)(?![a-zµ])|nano|micro|milli|sec|min|hour|day|week)/i;
const GO_DURATION = /^[+-]?(?:(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const MAC =
  /^(?:[0-9a-f]{2}([:-]))(?:[0-9a-f]{2}\1){4}(?:(?:[0-9a-f]{2}\1){2})?[0-9a-f]{2}$|^(?:[0-9a-f]{4}\.){2,3}[0-9a-f]{4}$|^[0-9a-f]{12}(?:[0-9a-f]{4})?$/i;

function isDate(text: string): boolean {
  const [, year, month, day] = DATE.exec(text) ?? [];
  if (day === undefined) return false;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
}

function isDateTime(text: string): boolean {
  const [, date] = DATE_TIME.exec(text) ?? [];
  return date !== undefined && isDate(date);
}

/** An address; leading zeros are let be, as they were before Go 1.17. */
function isAddress(text: string): boolean {
  const plain = text.replaceAll(/(^|[.:])0+(?=\d+(?:\.|$))/g, "$1");
  return isIPv4(plain) || (isIPv6(plain) && !plain.includes("%"));
}

function isCidr(text: string): boolean {
  const [address = "", bits = "", ...rest] = text.split("/");
  if (rest.length > 0 || !/^\d{1,3}$/.test(bits) || !isAddress(address)) return false;
  return Number(bits) <= (address.includes(":") ? 128 : 32);
}

function isUri(text: string): boolean {
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return URL.canParse(text);
  return text.startsWith("/") && !/[\s\p{Cc}]/u.test(text);
}

/** The check sum of a credit card number. */
function isLuhn(text: string): boolean {
  const digits = text.replaceAll(/[ -]/g, "");
  if (!/^\d{13,19}$/.test(digits)) return false;
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

function isIsbn10(text: string): boolean {
  const digits = text.replaceAll(/[ -]/g, "");
  if (!/^\d{9}[\dXx]$/.test(digits)) return false;
  const sum = [...digits].reduce(
    (total, digit, index) => total + (/x/i.test(digit) ? 10 : Number(digit)) * (10 - index),
    0,
  );
  return sum % 11 === 0;
}

function isIsbn13(text: string): boolean {
  const digits = text.replaceAll(/[ -]/g, "");
  if (!/^\d{13}$/.test(digits)) return false;
  const sum = [...digits].reduce(
    (total, digit, index) => total + Number(digit) * (index % 2 === 1 ? 3 : 1),
    0,
  );
  return sum % 10 === 0;
}

const SHORT_NAME: Check = matches(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
const LONG_NAME: Check = (text) =>
  text.length <= 253 && text.split(".").every(matches(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/));

/** What Kubernetes checks of a string's format; every other name is a remark and no rule. */
const FORMATS: Readonly<Record<string, Check>> = {
  bsonobjectid: matches(/^[0-9a-f]{24}$/i),
  byte: (text) => text !== "" && BASE64.test(text),
  cidr: isCidr,
  creditcard: isLuhn,
  date: isDate,
  datetime: isDateTime,
  duration: (text) => GO_DURATION.test(text) || SCALA_DURATION.test(text),
  email: matches(EMAIL),
  hexcolor: matches(/^#?(?:[0-9a-f]{3}|[0-9a-f]{6})$/i),
  hostname: (text) =>
    HOSTNAME.test(text) &&
    Buffer.byteLength(text) <= 255 &&
    text.split(".").every((label) => Buffer.byteLength(label) <= 63),
  ipv4: (text) => text.includes(".") && isAddress(text),
  ipv6: (text) => text.includes(":") && isAddress(text),
  isbn: (text) => isIsbn10(text) || isIsbn13(text),
  isbn10: isIsbn10,
  isbn13: isIsbn13,
  k8slongname: LONG_NAME,
  k8sshortname: SHORT_NAME,
  mac: matches(MAC),
  password: () => true,
  rgbcolor: matches(
    /^rgb\(\s*(?:25[0-5]|2[0-4]\d|1?\d?\d)\s*(?:,\s*(?:25[0-5]|2[0-4]\d|1?\d?\d)\s*){2}\)$/,
  ),
  ssn: matches(/^\d{3}[- ]\d{2}[- ]\d{4}$/),
  uri: isUri,
  uuid: uuid("[0-9a-f]"),
  uuid3: uuid("3"),
  uuid4: uuid("4"),
  uuid5: uuid("5"),
};

/** True where `text` has the format, or the format is none that is checked. */
export function hasFormat(text: string, format: string): boolean {
  return FORMATS[format.replaceAll("-", "")]?.(text) ?? true;
}

/** The formats of numbers, by their type. */
const NUMBER_FORMATS: Readonly<Record<string, readonly string[]>> = {
  integer: ["int32", "int64"],
  number: ["float", "double"],
};

/** False for a format that means nothing for values of that type: it is a remark and no rule. */
export function isKnownFormat(format: string, type = ""): boolean {
  if (type !== "" && type !== "string") return NUMBER_FORMATS[type]?.includes(format) ?? false;
  return Object.hasOwn(FORMATS, format.replaceAll("-", ""));
}
