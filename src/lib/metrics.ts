export type Labels = Readonly<Record<string, string>>;

/** One number that only its owner changes. */
export interface Cell {
  value: number;
}

/** Counts how often values lie up to each bound. */
export interface Series {
  observe(value: number): void;
}

/** A value that is read when somebody asks. */
export type Sample = readonly [labels: Labels, value: number];

interface Family {
  readonly name: string;
  readonly lines: () => Iterable<string>;
}

interface Description {
  readonly name: string;
  readonly help: string;
}

/**
 * Numbers for Prometheus, in its text format 0.0.4. Counting costs an addition: whoever counts
 * keeps the cell that he asked for once.
 */
export class Metrics {
  readonly #families: Family[] = [];

  /** A number that grows, per set of labels. */
  counter(description: Description): (labels: Labels) => Cell {
    const cells = new Map<string, Cell>();
    this.#add("counter", description, function* () {
      for (const [labels, { value }] of cells)
        yield `${description.name}${braced(labels)} ${value}`;
    });
    return (labels) => known(cells, textOf(labels), () => ({ value: 0 }));
  }

  /** Numbers that are read when somebody asks. */
  read(
    { type, ...description }: Description & { readonly type: "counter" | "gauge" },
    samples: () => Iterable<Sample>,
  ): void {
    this.#add(type, description, function* () {
      for (const [labels, value] of samples())
        yield `${description.name}${braced(textOf(labels))} ${value}`;
    });
  }

  /** How values are spread over `bounds`, which grow. */
  histogram({
    bounds,
    ...description
  }: Description & { readonly bounds: readonly number[] }): (labels: Labels) => Series {
    const all = new Map<string, Spread>();
    this.#add("histogram", description, function* () {
      for (const [labels, spread] of all) yield* spread.lines(description.name, labels);
    });
    return (labels) => known(all, textOf(labels), () => new Spread(bounds));
  }

  /** Everything, as Prometheus reads it. */
  text(): string {
    const lines = this.#families.flatMap((family) => [...family.lines()]);
    return `${lines.join("\n")}\n`;
  }

  #add(type: string, { name, help }: Description, samples: () => Iterable<string>): void {
    const lines = function* () {
      yield `# HELP ${name} ${help}`;
      yield `# TYPE ${name} ${type}`;
      yield* samples();
    };
    this.#families.push({ name, lines });
  }
}

class Spread implements Series {
  readonly #bounds: readonly number[];
  readonly #counts: Float64Array;
  #sum = 0;
  #count = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length);
  }

  observe(value: number): void {
    this.#sum += value;
    this.#count += 1;
    const at = this.#bounds.findIndex((bound) => value <= bound);
    if (at >= 0) this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  *lines(name: string, labels: string): Iterable<string> {
    const more = labels === "" ? "" : `${labels},`;
    let below = 0;
    for (const [at, bound] of this.#bounds.entries()) {
      below += this.#counts[at] ?? 0;
      yield `${name}_bucket{${more}le="${bound}"} ${below}`;
    }
    yield `${name}_bucket{${more}le="+Inf"} ${this.#count}`;
    yield `${name}_sum${braced(labels)} ${this.#sum}`;
    yield `${name}_count${braced(labels)} ${this.#count}`;
  }
}

function known<T>(all: Map<string, T>, key: string, make: () => T): T {
  const before = all.get(key);
  if (before !== undefined) return before;
  const made = make();
  all.set(key, made);
  return made;
}

function textOf(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(",");
}

const braced = (labels: string): string => (labels === "" ? "" : `{${labels}}`);

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
