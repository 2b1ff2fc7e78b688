import type { KubeObject } from "#api/object.ts";
import type { FieldManager } from "./field-manager.ts";

/** What becomes of an object, or of the part of it that is shown. */
export type Changing = (shown: KubeObject, surroundings: Surroundings) => KubeObject;

/** What a change may look at beside what it changes. */
interface Surroundings {
  readonly fields: FieldManager;
  /** The object itself, as it is stored; absent where there is none yet. */
  readonly parent: KubeObject | undefined;
}

/** A change, and the kind of the options that came with it. */
export interface Rewriting {
  readonly change: Changing;
  readonly kind: "PatchOptions" | "UpdateOptions";
}
