import type { GroupCommit } from "./group-commit.ts";
import type { Contents } from "./operation.ts";

/** What was decided once and stays. */
export class Settings {
  readonly #commits: GroupCommit;
  readonly #values: Map<string, string>;

  constructor(commits: GroupCommit, contents: Contents["settings"]) {
    this.#commits = commits;
    this.#values = new Map(contents.map(({ name, value }) => [name, value]));
  }

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  /** Resolves when the value is on disk. */
  async set(name: string, value: string): Promise<void> {
    if (this.#values.get(name) === value) return;
    await this.#commits.commit([{ kind: "putSetting", name, value }]);
    this.#values.set(name, value);
  }
}
