import type { OwnDefinition } from "./own-definition.ts";
import {
  count,
  free,
  labels,
  listOf,
  object,
  oneOf,
  text,
  time,
  whole,
  yesOrNo,
} from "./schema.ts";

const protocol = object({ protocolName: text, configData: free });
const value = object({ value: text, metadata: labels }, "value");
const visitors = object({ protocolName: text, configData: free });
const twins = listOf(
  object({ propertyName: text, reported: value, observedDesired: value }, "propertyName"),
);

const property = object(
  {
    name: text,
    desired: value,
    visitors,
    reportCycle: whole,
    collectCycle: whole,
    reportToCloud: yesOrNo,
    pushMethod: object({
      http: free,
      mqtt: free,
      otel: free,
      dbMethod: object({ influxdb2: free, redis: free, TDEngine: free, mysql: free }),
      anomalyDetection: free,
    }),
  },
  "name",
);

const modelProperty = object(
  {
    name: text,
    description: text,
    type: oneOf("INT", "FLOAT", "DOUBLE", "STRING", "BOOLEAN", "BYTES", "STREAM"),
    accessMode: oneOf("ReadWrite", "ReadOnly"),
    minimum: text,
    maximum: text,
    unit: text,
    visitors,
  },
  "name",
);

const status = object({
  twins,
  state: text,
  lastOnlineTime: time,
  reportToCloud: yesOrNo,
  reportCycle: count,
  extensions: free,
});

/** `devices.kubeedge.io/v1beta1` */
export const DEVICES: readonly OwnDefinition[] = [
  {
    group: "devices.kubeedge.io",
    version: "v1beta1",
    kind: "Device",
    plural: "devices",
    namespaced: true,
    properties: {
      spec: object({
        deviceModelRef: object({ name: text }),
        nodeName: text,
        properties: listOf(property),
        protocol,
        methods: listOf(
          object({ name: text, description: text, propertyNames: listOf(text) }, "name"),
        ),
        stateReport: free,
      }),
      status,
    },
    hasStatus: true,
    columns: [
      { name: "Node", type: "string", jsonPath: ".spec.nodeName" },
      { name: "Model", type: "string", jsonPath: ".spec.deviceModelRef.name" },
      { name: "State", type: "string", jsonPath: ".status.state" },
      { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    ],
  },
  {
    group: "devices.kubeedge.io",
    version: "v1beta1",
    kind: "DeviceModel",
    plural: "devicemodels",
    namespaced: true,
    properties: {
      spec: object({
        properties: listOf(modelProperty),
        protocol: text,
        protocolConfigData: free,
      }),
    },
  },
  {
    group: "devices.kubeedge.io",
    version: "v1beta1",
    kind: "DeviceStatus",
    plural: "devicestatuses",
    namespaced: true,
    properties: { spec: free, status },
    hasStatus: true,
  },
];
