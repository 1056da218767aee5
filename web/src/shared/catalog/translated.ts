import { m } from "@/messages/messages";
import type { Catalog, Choice, Region } from "@/shared/api/types";

type Words = Readonly<Record<string, () => string>>;

/** The page's names of the regions that Upstash documents, by their ids. */
const regions: Words = {
  "us-east-1": m.catalog_region_us_east_1,
  "us-east-2": m.catalog_region_us_east_2,
  "us-west-1": m.catalog_region_us_west_1,
  "us-west-2": m.catalog_region_us_west_2,
  "ca-central-1": m.catalog_region_ca_central_1,
  "eu-central-1": m.catalog_region_eu_central_1,
  "eu-west-1": m.catalog_region_eu_west_1,
  "eu-west-2": m.catalog_region_eu_west_2,
  "sa-east-1": m.catalog_region_sa_east_1,
  "ap-south-1": m.catalog_region_ap_south_1,
  "ap-northeast-1": m.catalog_region_ap_northeast_1,
  "ap-southeast-1": m.catalog_region_ap_southeast_1,
  "ap-southeast-2": m.catalog_region_ap_southeast_2,
  "af-south-1": m.catalog_region_af_south_1,
  "us-central1": m.catalog_region_us_central1,
  "us-east4": m.catalog_region_us_east4,
  "europe-west1": m.catalog_region_europe_west1,
  "asia-northeast1": m.catalog_region_asia_northeast1,
};

/** The page's names of the plans. */
const plans: Words = {
  free: m.catalog_plan_free,
  payg: m.catalog_plan_payg,
  fixed_250mb: m.catalog_plan_fixed_250mb,
  fixed_1gb: m.catalog_plan_fixed_1gb,
  fixed_5gb: m.catalog_plan_fixed_5gb,
  fixed_10gb: m.catalog_plan_fixed_10gb,
  fixed_50gb: m.catalog_plan_fixed_50gb,
  fixed_100gb: m.catalog_plan_fixed_100gb,
  fixed_500gb: m.catalog_plan_fixed_500gb,
};

/**
 * The catalog with the page's names. What has no name here keeps that of the server. Platforms do, because the names of
 * companies are the same in every language.
 */
export function translated(catalog: Catalog): Catalog {
  return {
    ...catalog,
    regions: catalog.regions.map((region) => renamed(region, regions)),
    plans: catalog.plans.map((plan) => renamed(plan, plans)),
  };
}

function renamed<Named extends Region | Choice>(named: Named, words: Words): Named {
  const label = words[named.id]?.();
  return label === undefined ? named : { ...named, label, serverLabel: named.label };
}
