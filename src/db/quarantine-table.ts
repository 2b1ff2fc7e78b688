import type { Database, Statement } from "bun:sqlite";
import type { ObjectKey } from "./object-store.ts";

const THIS_OBJECT = "collection = $collection AND namespace = $namespace AND name = $name";
const COLUMNS = "collection, namespace, name, value, checksum";

/** The rows of objects that could not be read, kept as they were found until somebody deletes the object. */
export class QuarantineTable {
  readonly #copyIn: Statement;
  readonly #copyOut: Statement;
  readonly #removeObject: Statement;
  readonly #remove: Statement;

  constructor(sqlite: Database) {
    this.#copyIn = sqlite.prepare(
      `INSERT INTO quarantine (${COLUMNS}, why) SELECT ${COLUMNS}, $why FROM objects WHERE ${THIS_OBJECT}`,
    );
    this.#copyOut = sqlite.prepare(
      `INSERT INTO objects (${COLUMNS}) SELECT ${COLUMNS} FROM quarantine WHERE ${THIS_OBJECT} ORDER BY id DESC LIMIT 1`,
    );
    this.#removeObject = sqlite.prepare(`DELETE FROM objects WHERE ${THIS_OBJECT}`);
    this.#remove = sqlite.prepare(`DELETE FROM quarantine WHERE ${THIS_OBJECT}`);
  }

  /** Moves an object's row here; nothing where there is none. */
  put(key: ObjectKey, why: string): void {
    this.#copyIn.run({ ...columnsOf(key), why });
    this.#removeObject.run(columnsOf(key));
  }

  /** Moves the newest row of an object back among the objects, and lets go of older ones. */
  release(key: ObjectKey): void {
    this.#copyOut.run(columnsOf(key));
    this.remove(key);
  }

  remove(key: ObjectKey): void {
    this.#remove.run(columnsOf(key));
  }
}

const columnsOf = ({ collection, namespace, name }: ObjectKey) => ({ collection, namespace, name });
