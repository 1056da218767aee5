import { m } from "@/messages/messages";
import type { Catalog } from "@/shared/api/types";
import { useCatalog } from "@/shared/catalog/catalog";
import { regionLabel, regionTexts } from "@/shared/catalog/labels";
import { RegionCell } from "@/shared/catalog/region-cell";
import type { Column } from "@/shared/list/column";
import { ResourceList } from "@/shared/list/resource-list";
import { timeValue } from "@/shared/list/time-value";
import { RelativeTime } from "@/shared/time/relative-time";
import { hrefOf, type Product, type Resource, titleOf } from "./products";
import { indexTypeWords, planWords, stateWords } from "./words";

/** The resources of one product. */
export function ResourceTable({ product, resources }: { product: Product; resources: Resource[] }) {
  const catalog = useCatalog().data;
  return (
    <ResourceList
      id={product.id}
      caption={product.title}
      searchLabel={m.resources_search_label()}
      items={resources}
      columns={columnsOf(product, catalog)}
      hrefOf={(resource) => hrefOf(product, resource)}
      textsOf={(resource) => [titleOf(product, resource), ...regionTexts(catalog, resource.region ?? "")]}
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
    title: m.resources_name(),
    width: "large",
    value: (resource) => titleOf(product, resource),
    cell: (resource) => titleOf(product, resource),
    ascending: m.resources_name_ascending(),
    descending: m.resources_name_descending(),
  };
  const region: Column<Resource> = {
    id: "region",
    title: m.resources_region(),
    width: "large",
    value: (resource) => regionLabel(catalog, resource.region ?? ""),
    cell: (resource) => <RegionCell catalog={catalog} id={resource.region ?? ""} />,
    ascending: m.resources_region_ascending(),
    descending: m.resources_region_descending(),
  };
  const plan: Column<Resource> = {
    id: "plan",
    title: m.resources_plan(),
    width: "medium",
    value: ({ type = "" }) => planWords(type),
    cell: ({ type = "" }) => planWords(type),
    ascending: m.resources_plan_ascending(),
    descending: m.resources_plan_descending(),
  };
  const created: Column<Resource> = {
    id: "created",
    title: m.resources_created(),
    width: "medium",
    value: ({ creation_time = null }) => timeValue(creation_time),
    cell: ({ creation_time = null }) => <RelativeTime at={creation_time} />,
    ascending: m.resources_created_ascending(),
    descending: m.resources_created_descending(),
    downFirst: true,
  };
  switch (product.id) {
    case "vector":
      return [name, region, plan, typeColumn(), created];
    case "search":
      return [name, region, plan, created];
    case "qstash":
      return [name, region, plan, created, stateColumn()];
  }
}

const typeColumn = (): Column<Resource> => ({
  id: "type",
  title: m.resources_type(),
  width: "medium",
  value: vectorType,
  cell: vectorType,
  ascending: m.resources_type_ascending(),
  descending: m.resources_type_descending(),
});

const stateColumn = (): Column<Resource> => ({
  id: "state",
  title: m.resources_state(),
  width: "small",
  value: stateOf,
  cell: stateOf,
  ascending: m.resources_state_ascending(),
  descending: m.resources_state_descending(),
  corner: true,
});

function vectorType({ index_type = "", dimension_count = 0 }: Resource): string {
  const words = indexTypeWords(index_type);
  return dimension_count > 0 ? `${words}, ${dimension_count}` : words;
}

function stateOf({ state = "" }: Resource): string {
  return stateWords(state);
}
