import { isJsonObject } from "#api/codec/json-value.ts";

/** A resource of an `APIResourceList`, as far as it can be told apart from nonsense. */
interface Listed {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
  readonly version: string;
  readonly singularName: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
}

interface Base {
  readonly group: string;
  readonly version: string;
}

/**
 * What another server's `APIResourceList` says, in the words of `apidiscovery.k8s.io/v2`; nothing
 * where it is no such list.
 */
export function remoteResources(list: unknown, base: Base): readonly object[] {
  const all = isJsonObject(list) && Array.isArray(list["resources"]) ? list["resources"] : [];
  const listed = all.flatMap((one) => listedOf(one, base) ?? []);
  return listed
    .filter(({ name }) => !name.includes("/"))
    .map((resource) => {
      const { name, namespaced, singularName, verbs, shortNames, categories } = resource;
      const prefix = `${name}/`;
      const subresources = listed
        .filter((one) => one.name.startsWith(prefix))
        .map((one) => ({
          subresource: one.name.slice(prefix.length),
          responseKind: kindOf(one),
          verbs: one.verbs,
        }));
      return {
        resource: name,
        responseKind: kindOf(resource),
        scope: namespaced ? "Namespaced" : "Cluster",
        singularResource: singularName,
        verbs,
        ...(shortNames.length > 0 && { shortNames }),
        ...(categories.length > 0 && { categories }),
        ...(subresources.length > 0 && { subresources }),
      };
    });
}

const kindOf = ({ group, version, kind }: Listed): object => ({ group, version, kind });

function listedOf(value: unknown, base: Base): Listed | undefined {
  if (!isJsonObject(value)) return undefined;
  const text = (name: string): string => {
    const found = value[name];
    return typeof found === "string" ? found : "";
  };
  const texts = (name: string): readonly string[] => {
    const found = value[name];
    return Array.isArray(found)
      ? found.filter((one): one is string => typeof one === "string")
      : [];
  };
  if (text("name") === "") return undefined;
  return {
    name: text("name"),
    kind: text("kind"),
    group: text("group") || base.group,
    version: text("version") || base.version,
    singularName: text("singularName"),
    namespaced: value["namespaced"] === true,
    verbs: texts("verbs"),
    shortNames: texts("shortNames"),
    categories: texts("categories"),
  };
}
