export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** `Core`, `RbacAuthorization`: a group as operation ids name it. */
export const groupName = (group: string): string =>
  group === ""
    ? "Core"
    : group
        .replace(/\.k8s\.io$/, "")
        .split(".")
        .map(capital)
        .join("");

/** `CoreV1` */
export const versionName = ({ group, version }: { group: string; version: string }): string =>
  `${groupName(group)}${capital(version)}`;

/** `rbacAuthorization`, `apps_v1`: the tag under which operations with such a name stand. */
export const tagOf = (name: string): string =>
  `${name.charAt(0).toLowerCase()}${name.slice(1)}`.replace(
    /(V\d.*)$/,
    (version) => `_${version.toLowerCase()}`,
  );
