import { type CelType, DYN, isSame, partsOfType, withParts } from "./types.ts";

/** What a null may stand for. */
const NULLABLE: readonly CelType["is"][] = [
  ...(["cidr", "duration", "format", "ip", "null", "object", "opaque"] as const),
  ...(["optional", "quantity", "semver", "timestamp", "url"] as const),
];

interface Types {
  readonly parameters: readonly CelType[];
  readonly result: CelType;
}

const isLoose = ({ is }: CelType): boolean => is === "dyn" || is === "error";

/** The types that placeholders stand for, as far as they are known, by cel-go's rules. */
export class Unifier {
  readonly #bound = new Map<string, CelType>();
  /** What was bound before, to be undone where types do not fit. */
  readonly #undo: (readonly [name: string, before: CelType | undefined])[] = [];
  #placeholders = 0;

  /** A placeholder that stands for nothing yet. */
  fresh(): CelType {
    this.#placeholders += 1;
    return { is: "parameter", name: `_var${this.#placeholders - 1}` };
  }

  /** True where each type fits with the one opposite; where not, nothing is bound. */
  fits(these: readonly CelType[], those: readonly CelType[]): boolean {
    const mark = this.#undo.length;
    if (this.#allFit(these, those)) return true;
    for (const [name, before] of this.#undo.splice(mark).reverse())
      if (before) this.#bound.set(name, before);
      else this.#bound.delete(name);
    return false;
  }

  /** A type with what its placeholders stand for. */
  resolved(type: CelType): CelType {
    const bound = this.#boundTo(type);
    return bound ? this.resolved(bound) : withParts(type, (part) => this.resolved(part));
  }

  /** A type without placeholders: what stands for nothing is any. */
  final(type: CelType): CelType {
    const bound = this.#boundTo(type);
    if (bound) return this.final(bound);
    return type.is === "parameter" ? DYN : withParts(type, (part) => this.final(part));
  }

  /** True for a type that is made of more types than that, with what its placeholders stand for. */
  isMadeOfMore(type: CelType, most: number): boolean {
    let left = most;
    const exceeds = (part: CelType): boolean => {
      left -= 1;
      const bound = this.#boundTo(part);
      return left < 0 || (bound ? exceeds(bound) : partsOfType(part).some(exceeds));
    };
    return exceeds(type);
  }

  /** The types of a signature, with a placeholder of its own for each capital letter. */
  instance({ parameters, result }: Types): Types {
    const own = new Map<string, CelType>();
    const replace = (type: CelType): CelType => {
      if (type.is !== "parameter") return withParts(type, replace);
      const found = own.get(type.name) ?? this.fresh();
      own.set(type.name, found);
      return found;
    };
    return { result: replace(result), parameters: parameters.map(replace) };
  }

  #boundTo(type: CelType): CelType | undefined {
    return type.is === "parameter" ? this.#bound.get(type.name) : undefined;
  }

  #bind({ name }: Extract<CelType, { is: "parameter" }>, type: CelType): void {
    this.#undo.push([name, this.#bound.get(name)]);
    this.#bound.set(name, type);
  }

  #allFit(these: readonly CelType[], those: readonly CelType[]): boolean {
    if (these.length !== those.length) return false;
    return these.every((type, index) => this.#fit(type, those[index] ?? type));
  }

  #fit(a: CelType, b: CelType): boolean {
    if (b.is === "parameter") {
      const isKnown = this.#boundTo(b) !== undefined;
      if (this.#stands(a, b)) return true;
      if (isKnown) return false;
    }
    if (a.is === "parameter") return this.#stands(b, a);
    if (isLoose(a) || isLoose(b)) return true;
    if (a.is === "null") return NULLABLE.includes(b.is);
    if (b.is === "null") return NULLABLE.includes(a.is);
    if (a.is === "type" || a.is !== b.is) return a.is === b.is;
    if ("name" in a && "name" in b) return a.name === b.name;
    return this.#allFit(partsOfType(a), partsOfType(b));
  }

  /** True where a type may be what the placeholder stands for, and then it is. */
  #stands(type: CelType, placeholder: Extract<CelType, { is: "parameter" }>): boolean {
    if (isSame(type, placeholder)) return true;
    const bound = this.#boundTo(placeholder);
    if (bound === undefined) {
      if (this.#contains(type, placeholder)) return false;
      this.#bind(placeholder, type);
      return true;
    }
    if (isSame(type, bound)) return true;
    if (!this.#fit(type, bound)) return false;
    const general = moreGeneral(type, bound);
    if (!this.#contains(general, placeholder)) this.#bind(placeholder, general);
    return true;
  }

  #contains(type: CelType, placeholder: CelType): boolean {
    if (isSame(type, placeholder)) return true;
    const bound = this.#boundTo(type);
    if (bound) return this.#contains(bound, placeholder);
    return partsOfType(type).some((part) => this.#contains(part, placeholder));
  }
}

/** The one of two types that fit which says less. */
export const moreGeneral = (a: CelType, b: CelType): CelType => (saysNoMore(a, b) ? a : b);

function saysNoMore(a: CelType, b: CelType): boolean {
  if (a.is === "dyn" || a.is === "parameter") return true;
  if (b.is === "dyn" || b.is === "parameter" || a.is !== b.is) return false;
  if (a.is === "type") return true;
  const [parts, others] = [partsOfType(a), partsOfType(b)];
  if (parts.length === 0) return isSame(a, b);
  return parts.every((part, index) => saysNoMore(part, others[index] ?? part));
}
