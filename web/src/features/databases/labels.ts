import type { Catalog } from "@/shared/api/types";

/** The human name of a region, or its id while the catalog is unknown or does not list it. */
export function regionLabel(catalog: Catalog | undefined, id: string): string {
  return catalog?.regions.find((region) => region.id === id)?.label ?? id;
}

/** A region as people and as their configuration know it: "US East (N. Virginia) · us-east-1". */
export function regionWithId(catalog: Catalog | undefined, id: string): string {
  const label = regionLabel(catalog, id);
  return label === id ? id : `${label} · ${id}`;
}

export function platformLabel(catalog: Catalog | undefined, id: string): string {
  return catalog?.platforms.find((platform) => platform.id === id)?.label ?? id.toUpperCase();
}

export function planLabel(catalog: Catalog | undefined, id: string): string {
  return catalog?.plans.find((plan) => plan.id === id)?.label ?? id;
}

/** A date as the reader's own locale writes it. Upstash does not always say; Date would make 1970 of its null. */
export function dateLabel(rfc3339: string | null): string {
  if (rfc3339 === null) return "unknown";
  const date = new Date(rfc3339);
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat(undefined, { dateStyle: "medium" }).format(date);
}
