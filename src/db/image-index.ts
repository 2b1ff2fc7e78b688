import type { GroupCommit } from "./group-commit.ts";
import type { Contents, ImageRowKey, Operation } from "./operation.ts";

type About = ImageRowKey["about"];

/** A row that is written, or removed where it has no value. */
interface Change {
  readonly kind: About;
  readonly key: string;
  readonly value?: string;
}

/** What is known of images, by what it is about and its key. Values are JSON. */
export class ImageIndex {
  readonly #commits: GroupCommit;
  readonly #rows = new Map<
    string,
    { readonly about: About; readonly key: string; value: string }
  >();

  constructor(commits: GroupCommit, contents: Contents["images"]) {
    this.#commits = commits;
    for (const { about, key, value } of contents) {
      this.#rows.set(`${about} ${key}`, { about, key, value: Buffer.from(value).toString() });
    }
  }

  list(about: About): readonly { readonly key: string; readonly value: string }[] {
    return [...this.#rows.values()].filter((row) => row.about === about);
  }

  /** All of the changes or none; they are on disk once it resolves. */
  async write(changes: readonly Change[]): Promise<void> {
    await this.#commits.commit(changes.map(operationOf));
    for (const { kind: about, key, value } of changes) {
      if (value === undefined) this.#rows.delete(`${about} ${key}`);
      else this.#rows.set(`${about} ${key}`, { about, key, value });
    }
  }
}

function operationOf({ kind: about, key, value }: Change): Operation {
  return value === undefined
    ? { kind: "removeImageRow", about, key }
    : { kind: "putImageRow", about, key, value: Buffer.from(value) };
}
