import type { KubeObject } from "#api/object.ts";
import { applyPatch, type PatchRequest } from "#api/patch/apply-patch.ts";
import { internalFailure } from "#api/status.ts";
import { explain } from "#lib/errors.ts";
import { definitionOf } from "../../kind.ts";
import type { Asking } from "./asking.ts";
import type { Concerned } from "./hook.ts";
import type { Versions } from "./request.ts";
import { mutationNote, patchNote, type Turn } from "./turn.ts";

interface Parts {
  readonly asking: Asking;
  readonly mutating: readonly Concerned[];
  readonly validating: readonly Concerned[];
}

interface Round extends Pick<Turn, "round"> {
  readonly versions: Versions;
}

/** What mutating webhooks made of an object. */
export interface Mutated {
  readonly object: KubeObject | undefined;
  readonly isChanged: boolean;
}

/** The webhooks that one write goes through. */
export class Review {
  readonly #parts: Parts;
  /** Asked before, and willing to be asked again when others changed the object since. */
  readonly #willing = new Set<Concerned>();
  #again = new Set<Concerned>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Asks the mutating webhooks one after the other. @throws StatusError the first refusal. */
  async mutate(versions: Versions): Promise<Mutated> {
    return await this.#mutate(this.#parts.mutating, { versions, round: 0 });
  }

  /**
   * Asks those once more whose object changed since they saw it: by a later webhook, or, as
   * `hasMoved` says, by the plug-ins that ran again after all of them.
   */
  async mutateAgain(versions: Versions, hasMoved: boolean): Promise<Mutated> {
    const due = hasMoved ? new Set(this.#willing) : this.#again;
    this.#again = new Set();
    return await this.#mutate(
      this.#parts.mutating.filter((one) => due.has(one)),
      { versions, round: 1 },
    );
  }

  /** Asks the validating webhooks at once. @throws StatusError the first refusal, in their order. */
  async validate(versions: Versions): Promise<void> {
    const { validating } = this.#parts;
    const asking = this.#parts.asking.of(versions.object?.metadata?.name ?? "");
    const concerned: Concerned[] = [];
    for (const one of validating) if (await asking.concerns(one, versions)) concerned.push(one);
    const asked = concerned.map((one, index) =>
      asking.ask(one, { versions, turn: { sort: "validating", round: 0, index } }),
    );
    const { admission } = asking.request;
    const answers = await admission.timed("validating-webhook", () => Promise.allSettled(asked));
    const refusal = answers.find(({ status }) => status === "rejected");
    if (refusal?.status === "rejected") throw refusal.reason;
  }

  async #mutate(hooks: readonly Concerned[], { versions, round }: Round): Promise<Mutated> {
    const { oldObject } = versions;
    let object = versions.object;
    for (const one of hooks) {
      const shown = { object, oldObject };
      if (!(await this.#parts.asking.concerns(one, shown))) continue;
      const next = await this.#asked(one, { versions: shown, round });
      if (next !== undefined) {
        object = next;
        for (const earlier of this.#willing) this.#again.add(earlier);
      }
      if (one.hook.isReinvoked) this.#willing.add(one);
    }
    return { object, isChanged: object !== versions.object };
  }

  /** The object as one webhook makes it, or nothing where that is the same; both are noted. */
  async #asked(one: Concerned, { versions, round }: Round): Promise<KubeObject | undefined> {
    const { asking } = this.#parts;
    const turn = { sort: "mutation", round, index: one.index } as const;
    let mutated = false;
    try {
      const { admission } = asking.request;
      const ask = () => asking.ask(one, { versions, turn });
      const verdict = await admission.timed("mutating-webhook", ask);
      const patch = verdict?.patch;
      if (patch === undefined) return undefined;
      const next = await this.#patched(one, { patch, object: versions.object });
      mutated = next !== undefined;
      const { key, value } = patchNote(one.hook, { turn, patch });
      asking.request.admission.annotate(key, value, "Request");
      return next;
    } finally {
      const { key, value } = mutationNote(one.hook, { turn, mutated });
      asking.request.admission.annotate(key, value);
    }
  }

  /** The object as the patch makes it, or nothing where that is the same. */
  async #patched(
    { hook, row }: Concerned,
    { patch, object }: { patch: unknown; object: KubeObject | undefined },
  ): Promise<KubeObject | undefined> {
    if (object === undefined) {
      throw internalFailure(
        `admission webhook ${JSON.stringify(hook.name)} attempted to modify the object, which is not supported for this operation`,
      );
    }
    const { asking } = this.#parts;
    const { request } = asking;
    const shown = await asking.served(row, { from: request, object });
    const definition = definitionOf({ ...request, resource: row });
    const patched = patchedBy({ definition, current: shown, patch });
    if (Bun.deepEquals(patched, shown)) return undefined;
    return await asking.served(request.resource, {
      from: { ...request, resource: row },
      object: patched,
    });
  }
}

function patchedBy({
  patch,
  ...shown
}: Pick<PatchRequest, "definition" | "current"> & { patch: unknown }): KubeObject {
  try {
    const fieldValidation = "Ignore";
    return applyPatch({ ...shown, patch: { type: "json", body: patch }, fieldValidation }).object;
  } catch (error) {
    throw internalFailure(explain(error));
  }
}
