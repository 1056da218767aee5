import { Plus } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { m } from "@/messages/messages";
import { useOpenOperations } from "@/shared/catalog/catalog";
import { ListSection } from "@/shared/page/list-section";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { Skeleton } from "@/shared/ui/skeleton";
import { useResources } from "./api";
import { type Product, products } from "./products";
import { ResourceTable } from "./resource-table";

/** One section for each product whose list is open. */
export function ResourceSections() {
  const open = useOpenOperations();
  return products
    .filter(({ id }) => open.has(`${id}.list`))
    .map((product) => (
      <Section key={product.id} product={product} mayCreate={open.has(`${product.id}.create`)} />
    ));
}

function Section({ product, mayCreate }: { product: Product; mayCreate: boolean }) {
  const resources = useResources(product);
  const again = useBoundedRefetch(resources.isSuccess, () => void resources.refetch());
  const { data, error } = resources;
  const action: ReactNode = mayCreate && (
    <Link href={`/${product.id}/new`} className="button">
      <Plus aria-hidden="true" /> {m.resources_new({ product: product.id })}
    </Link>
  );
  return (
    <ListSection title={product.title} count={data?.length} action={action}>
      {error !== null && <ProblemNotice error={error} onRetry={again.now} onWaited={again.waited} />}
      {resources.isPending && (
        <Skeleton label={m.resources_loading_list({ title: product.title })} lines={2} />
      )}
      {data?.length === 0 && <p className="card hint">{m.resources_none({ product: product.id })}</p>}
      {data !== undefined && data.length > 0 && <ResourceTable product={product} resources={data} />}
    </ListSection>
  );
}
