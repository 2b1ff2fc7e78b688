import type { Volume } from "../object.ts";

type Projection = NonNullable<NonNullable<Volume["projected"]>["sources"]>[number];

/** A file of a volume, and which of the volume's sources writes it. */
interface Written {
  readonly path: string;
  readonly source: string;
}

/** Warnings of files of one volume that lie in each other's place. */
export function overlapWarnings(volume: Volume): string[] {
  const { name, configMap, secret, downwardAPI, projected } = volume;
  const lists: readonly (readonly [string, readonly { path: string }[] | undefined])[] = [
    [`ConfigMap ${JSON.stringify(configMap?.name ?? "")}`, configMap?.items],
    [`Secret ${JSON.stringify(secret?.secretName ?? "")}`, secret?.items],
    ["DownwardAPI", downwardAPI?.items],
  ];
  const told = JSON.stringify(name);
  return [
    ...lists.flatMap(([what, items = []]) =>
      overlaps(items.map(({ path }) => ({ path, source: "" }))).map(
        (overlap) => `volume ${told} (${what}): overlapping paths: ${overlap}`,
      ),
    ),
    ...(projected?.sources ?? [])
      .filter((source) => Object.values(source).every((one) => one === undefined))
      .map(() => `volume ${told} (Projected) has no sources provided`),
    ...overlaps((projected?.sources ?? []).flatMap(filesOf)).map(
      (overlap) => `volume ${told} (Projected): overlapping paths: ${overlap}`,
    ),
  ];
}

function filesOf({ configMap, secret, downwardAPI, serviceAccountToken }: Projection): Written[] {
  const from = (source: string, items: readonly { path: string }[]): Written[] =>
    items.map(({ path }) => ({ path, source }));
  if (configMap?.items)
    return from(`ConfigMap ${JSON.stringify(configMap.name ?? "")}`, configMap.items);
  if (secret?.items) return from(`Secret ${JSON.stringify(secret.name ?? "")}`, secret.items);
  if (downwardAPI?.items) return from("DownwardAPI", downwardAPI.items);
  return serviceAccountToken ? from("ServiceAccountToken", [serviceAccountToken]) : [];
}

/** Each pair of files of which one is, or lies below, the other. */
function overlaps(files: readonly Written[]): string[] {
  const seen: Written[] = [];
  return files.flatMap((given) => {
    const file = { ...given, path: given.path.replace(/\/+$/, "") };
    const found = file.path === "" ? [] : seen.filter((other) => isNested(file.path, other.path));
    seen.push(file);
    return found.map((other) => `${printed(file)} with ${printed(other)}`);
  });
}

function isNested(one: string, other: string): boolean {
  if (other === "") return false;
  return `${one}/`.startsWith(`${other}/`) || `${other}/`.startsWith(`${one}/`);
}

function printed({ path, source }: Written): string {
  const told = JSON.stringify(path);
  return source === "" ? told : `${told} (${source})`;
}
