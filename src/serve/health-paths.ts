/** Health endpoints without their slash. */
export const HEALTH_PATHS = ["healthz", "livez", "readyz"] as const;

export type HealthPath = (typeof HEALTH_PATHS)[number];
