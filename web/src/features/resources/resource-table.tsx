import { Link } from "wouter";
import type { Catalog } from "@/shared/api/types";
import { useCatalog } from "@/shared/catalog/catalog";
import { dateLabel, regionLabel } from "@/shared/catalog/labels";
import styles from "@/shared/ui/link-table.module.css";
import { hrefOf, type Product, type Resource, titleOf } from "./products";
import { indexTypeWords, planWords } from "./words";

interface Column {
  title: string;
  value: (resource: Resource, catalog: Catalog | undefined) => string;
}

const region: Column = {
  title: "Region",
  value: (resource, catalog) => regionLabel(catalog, resource.region ?? ""),
};
const plan: Column = { title: "Plan", value: ({ type = "" }) => planWords(type) };
const created: Column = { title: "Created", value: (resource) => dateLabel(resource.creation_time ?? null) };

const columns: Readonly<Record<Product["id"], Column[]>> = {
  vector: [region, plan, { title: "Type", value: vectorType }, created],
  search: [region, plan, created],
  qstash: [
    region,
    plan,
    { title: "State", value: ({ state = "" }) => state.charAt(0).toUpperCase() + state.slice(1) },
    created,
  ],
};

function vectorType({ index_type = "", dimension_count = 0 }: Resource): string {
  const type = indexTypeWords(index_type);
  return dimension_count > 0 ? `${type}, ${dimension_count}` : type;
}

/** A table on wide screens; its rows become cards on narrow ones. */
export function ResourceTable({ product, resources }: { product: Product; resources: Resource[] }) {
  const catalog = useCatalog().data;
  return (
    // The roles are explicit because the cards use display: grid, which removes the implicit roles of a table.
    // biome-ignore-start lint/a11y/noRedundantRoles: see above
    <table className={styles.table} role="table">
      <caption className="visually-hidden">{product.title}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {["Name", ...columns[product.id].map(({ title }) => title)].map((title) => (
            <th key={title} scope="col" role="columnheader">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {resources.map((resource) => (
          <tr key={resource.id} role="row">
            <th scope="row" role="rowheader">
              <Link href={hrefOf(product, resource)}>{titleOf(product, resource)}</Link>
            </th>
            {columns[product.id].map(({ title, value }) => (
              <td key={title} role="cell" data-label={title}>
                {value(resource, catalog)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
    // biome-ignore-end lint/a11y/noRedundantRoles: see above
  );
}
