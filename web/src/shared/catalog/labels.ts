import type { Catalog } from "@/shared/api/types";

/** The display name of a region, or its id if the catalog is not loaded or does not list it. */
export function regionLabel(catalog: Catalog | undefined, id: string): string {
  return catalog?.regions.find((region) => region.id === id)?.label ?? id;
}

/** A region's label and its id as plain text, for an option of a select. RegionName does the same as an element. */
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
