import type { Catalog } from "@/shared/api/types";

/** The display name of a region, or its id if the catalog is not loaded or does not list it. */
export function regionLabel(catalog: Catalog | undefined, id: string): string {
  return catalog?.regions.find((region) => region.id === id)?.label ?? id;
}

/** What a search finds a region by: its id, its name, and the English one, which Upstash's console shows. */
export function regionTexts(catalog: Catalog | undefined, id: string): string[] {
  const region = catalog?.regions.find((region) => region.id === id);
  return [id, region?.label ?? "", region?.serverLabel ?? ""];
}

/**
 * A region's id and its label, for an option of a select. On a narrow screen a select cuts the end of its text, and
 * what is left of an id could be another one. RegionName is for everything else.
 */
export function regionOption(catalog: Catalog | undefined, id: string): string {
  const label = regionLabel(catalog, id);
  return label === id ? id : `${id} · ${label}`;
}

export function platformLabel(catalog: Catalog | undefined, id: string): string {
  return catalog?.platforms.find((platform) => platform.id === id)?.label ?? id.toUpperCase();
}

export function planLabel(catalog: Catalog | undefined, id: string): string {
  return catalog?.plans.find((plan) => plan.id === id)?.label ?? id;
}
