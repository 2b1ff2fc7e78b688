import type { Container, Pod } from "../object.ts";
import { allContainers } from "../pod.ts";
import { APP_ARMOR, LOCALHOST, RUNTIME_DEFAULT, UNCONFINED } from "../profile-annotations.ts";

type Profile = NonNullable<NonNullable<Container["securityContext"]>["appArmorProfile"]>;

const PROFILE_MAX_BYTES = 4095;

/** The profile that an annotation of old names. */
function profileOf(annotation: string): Profile | undefined {
  if (annotation === UNCONFINED) return { type: "Unconfined" };
  if (annotation === RUNTIME_DEFAULT) return { type: "RuntimeDefault" };
  if (!annotation.startsWith(LOCALHOST)) return undefined;
  const localhostProfile = annotation.slice(LOCALHOST.length);
  const isName = localhostProfile !== "" && localhostProfile.trim() === localhostProfile;
  if (!isName || Buffer.byteLength(localhostProfile) > PROFILE_MAX_BYTES) return undefined;
  return { type: "Localhost", localhostProfile };
}

/**
 * The profiles of AppArmor that annotations name become those of the fields, in place.
 * @returns the keys of annotations that had no field, or none that could be made of them.
 */
export function adoptAppArmor({ metadata, spec }: Pod): string[] {
  if (spec === undefined || spec.os?.name === "windows") return [];
  const ofPod = spec.securityContext?.appArmorProfile;
  const containers = [...allContainers(spec), ...(spec.ephemeralContainers ?? [])];
  return containers.flatMap((container) => {
    const key = `${APP_ARMOR}${container.name}`;
    const annotation = metadata?.annotations?.[key];
    if (annotation === undefined || container.securityContext?.appArmorProfile) return [];
    const appArmorProfile = profileOf(annotation);
    if (appArmorProfile === undefined) return [key];
    if (Bun.deepEquals(appArmorProfile, ofPod)) return [];
    container.securityContext = { ...container.securityContext, appArmorProfile };
    return [key];
  });
}
