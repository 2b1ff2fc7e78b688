import type { KubeObject } from "#api/object.ts";
import { applyPatch, type PatchRequest } from "#api/patch/apply-patch.ts";
import { internalFailure } from "#api/status.ts";
import { explain } from "#lib/errors.ts";
import { definitionOf } from "../../kind.ts";
import type { Asking } from "./asking.ts";
import type { Concerned } from "./hook.ts";
import type { Versions } from "./request.ts";
import type { Verdict } from "./review.ts";

interface Parts {
  readonly asking: Asking;
  readonly mutating: readonly Concerned[];
  readonly validating: readonly Concerned[];
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
    return await this.#mutate(this.#parts.mutating, versions);
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
      versions,
    );
  }

  /** Asks the validating webhooks at once. @throws StatusError the first refusal, in their order. */
  async validate(versions: Versions): Promise<void> {
    const { asking, validating } = this.#parts;
    const asked = validating.map((one) => asking.ask(one, { versions, mutating: false }));
    const refusal = (await Promise.allSettled(asked)).find(({ status }) => status === "rejected");
    if (refusal?.status === "rejected") throw refusal.reason;
  }

  async #mutate(hooks: readonly Concerned[], { object, oldObject }: Versions): Promise<Mutated> {
    let current = object;
    for (const one of hooks) {
      const versions = { object: current, oldObject };
      const verdict = await this.#parts.asking.ask(one, { versions, mutating: true });
      const next = verdict && (await this.#patched(one, { verdict, object: current }));
      if (next !== undefined) {
        current = next;
        for (const earlier of this.#willing) this.#again.add(earlier);
      }
      if (one.hook.isReinvoked && verdict !== undefined) this.#willing.add(one);
    }
    return { object: current, isChanged: current !== object };
  }

  /** The object as the patch makes it, or nothing where that is the same. */
  async #patched(
    { hook, row }: Concerned,
    { verdict: { patch }, object }: { verdict: Verdict; object: KubeObject | undefined },
  ): Promise<KubeObject | undefined> {
    if (patch === undefined) return undefined;
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
