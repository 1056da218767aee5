import type { Catalog } from "@/shared/api/types";
import { useCatalog } from "@/shared/catalog/catalog";
import { regionLabel } from "@/shared/catalog/labels";
import { RegionCell } from "@/shared/catalog/region-cell";
import type { Column } from "@/shared/list/column";
import { ResourceList } from "@/shared/list/resource-list";
import { timeValue } from "@/shared/list/time-value";
import { RelativeTime } from "@/shared/time/relative-time";
import { hrefOf, type Product, type Resource, titleOf } from "./products";
import { indexTypeWords, planWords } from "./words";

/** The resources of one product. */
export function ResourceTable({ product, resources }: { product: Product; resources: Resource[] }) {
  const catalog = useCatalog().data;
  return (
    <ResourceList
      id={product.id}
      caption={product.title}
      searchLabel="Search by name, region or ID"
      items={resources}
      columns={columnsOf(product, catalog)}
      hrefOf={(resource) => hrefOf(product, resource)}
      textsOf={(resource) => [
        titleOf(product, resource),
        resource.region ?? "",
        regionLabel(catalog, resource.region ?? ""),
      ]}
      initialSorting={{ column: "created", descending: true }}
    />
  );
}

function columnsOf(
  product: Product,
  catalog: Catalog | undefined,
): readonly [Column<Resource>, ...Column<Resource>[]] {
  const name: Column<Resource> = {
    id: "name",
    title: "Name",
    width: "large",
    value: (resource) => titleOf(product, resource),
    cell: (resource) => titleOf(product, resource),
    ascending: "Name, A to Z",
    descending: "Name, Z to A",
  };
  const region: Column<Resource> = {
    id: "region",
    title: "Region",
    width: "large",
    value: (resource) => regionLabel(catalog, resource.region ?? ""),
    cell: (resource) => <RegionCell catalog={catalog} id={resource.region ?? ""} />,
    ascending: "Region, A to Z",
    descending: "Region, Z to A",
  };
  const plan: Column<Resource> = {
    id: "plan",
    title: "Plan",
    width: "medium",
    value: ({ type = "" }) => planWords(type),
    cell: ({ type = "" }) => planWords(type),
    ascending: "Plan, A to Z",
    descending: "Plan, Z to A",
  };
  const created: Column<Resource> = {
    id: "created",
    title: "Created",
    width: "medium",
    value: ({ creation_time = null }) => timeValue(creation_time),
    cell: ({ creation_time = null }) => <RelativeTime at={creation_time} />,
    ascending: "Oldest first",
    descending: "Newest first",
    downFirst: true,
  };
  switch (product.id) {
    case "vector":
      return [name, region, plan, type, created];
    case "search":
      return [name, region, plan, created];
    case "qstash":
      return [name, region, plan, created, state];
  }
}

const type: Column<Resource> = {
  id: "type",
  title: "Type",
  width: "medium",
  value: vectorType,
  cell: vectorType,
  ascending: "Type, A to Z",
  descending: "Type, Z to A",
};

const state: Column<Resource> = {
  id: "state",
  title: "State",
  width: "small",
  value: stateWords,
  cell: stateWords,
  ascending: "State, A to Z",
  descending: "State, Z to A",
  corner: true,
};

function vectorType({ index_type = "", dimension_count = 0 }: Resource): string {
  const words = indexTypeWords(index_type);
  return dimension_count > 0 ? `${words}, ${dimension_count}` : words;
}

function stateWords({ state: word = "" }: Resource): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
