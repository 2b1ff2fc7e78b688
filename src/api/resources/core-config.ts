import { AGE } from "../columns/column.ts";
import { CONFIG_MAP_COLUMNS, SECRET_COLUMNS } from "../columns/core.ts";
import { setSecretDefaults, setServiceAccountDefaults } from "../defaults/core.ts";
import { CHANGED_THEN_NEW } from "../looks.ts";
import type * as objects from "../object.ts";
import {
  validateConfigMap,
  validateConfigMapUpdate,
  validateSecret,
  validateSecretUpdate,
} from "../validation/config.ts";
import { warnOfSecret } from "../warnings/secret.ts";
import { row } from "./row.ts";

export const CONFIG_MAPS = row<objects.ConfigMap>({
  group: "",
  version: "v1",
  kind: "ConfigMap",
  plural: "configmaps",
  namespaced: true,
  definition: "io.k8s.api.core.v1.ConfigMap",
  changeLooks: CHANGED_THEN_NEW,
  shortNames: ["cm"],
  columns: CONFIG_MAP_COLUMNS,
  validate: validateConfigMap,
  validateUpdate: validateConfigMapUpdate,
});

export const SECRETS = row<objects.Secret>({
  group: "",
  version: "v1",
  kind: "Secret",
  plural: "secrets",
  namespaced: true,
  definition: "io.k8s.api.core.v1.Secret",
  changeLooks: CHANGED_THEN_NEW,
  columns: SECRET_COLUMNS,
  fields: { type: ({ type }) => type ?? "" },
  setDefaults: setSecretDefaults,
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
  warnings: warnOfSecret,
});

export const SERVICE_ACCOUNTS = row<objects.ServiceAccount>({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  namespaced: true,
  definition: "io.k8s.api.core.v1.ServiceAccount",
  changeLooks: CHANGED_THEN_NEW,
  shortNames: ["sa"],
  columns: [AGE],
  setDefaults: setServiceAccountDefaults,
  subresources: [
    {
      name: "token",
      group: "authentication.k8s.io",
      version: "v1",
      kind: "TokenRequest",
      verbs: ["create"],
    },
  ],
});
