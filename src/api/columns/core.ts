import type { ConfigMap, KubeObject, Lease, Namespace, Secret } from "../object.ts";
import type { Column } from "../resource.ts";
import { AGE, CREATED_AT, text } from "./column.ts";

/** The columns of a kind for which Kubernetes has no printer. */
export const PLAIN_COLUMNS: readonly Column<KubeObject>[] = [CREATED_AT];

export const NAMESPACE_COLUMNS: readonly Column<Namespace>[] = [
  text(
    { name: "Status", description: "The status of the namespace" },
    ({ status }) => status?.phase ?? "",
  ),
  AGE,
];

export const CONFIG_MAP_COLUMNS: readonly Column<ConfigMap>[] = [
  text(
    {
      name: "Data",
      description:
        "Data contains the configuration data. Each key must consist of alphanumeric characters, '-', '_' or '.'. Values with non-UTF-8 byte sequences must use the BinaryData field. The keys stored in Data must not overlap with the keys in the BinaryData field, this is enforced during validation process.",
    },
    ({ data = {}, binaryData = {} }) => Object.keys(data).length + Object.keys(binaryData).length,
  ),
  AGE,
];

export const SECRET_COLUMNS: readonly Column<Secret>[] = [
  text(
    {
      name: "Type",
      description:
        "Used to facilitate programmatic handling of secret data. More info: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types",
    },
    ({ type }) => type ?? "",
  ),
  text(
    {
      name: "Data",
      description:
        "Data contains the secret data. Each key must consist of alphanumeric characters, '-', '_' or '.'. The serialized form of the secret data is a base64 encoded string, representing the arbitrary (possibly non-string) data value here. Described in https://tools.ietf.org/html/rfc4648#section-4",
    },
    ({ data = {} }) => Object.keys(data).length,
  ),
  AGE,
];

export const LEASE_COLUMNS: readonly Column<Lease>[] = [
  text(
    {
      name: "Holder",
      description:
        "holderIdentity contains the identity of the holder of a current lease. If Coordinated Leader Election is used, the holder identity must be equal to the elected LeaseCandidate.metadata.name field.",
    },
    ({ spec }) => spec?.holderIdentity ?? "",
  ),
  AGE,
];
