import { useLocation } from "wouter";
import { m } from "@/messages/messages";
import { useCatalog } from "@/shared/catalog/catalog";
import { BackLink } from "@/shared/page/back-link";
import styles from "@/shared/page/page.module.css";
import { PageHeading } from "@/shared/page/page-heading";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useAnnounce } from "@/shared/ui/announcer";
import { Skeleton } from "@/shared/ui/skeleton";
import { hrefOf, nameOf, type Product, type Resource, search, vector } from "./products";
import { SearchForm } from "./search-form";
import { VectorForm } from "./vector-form";

/** Creates an index. It is ready at once, so its own page follows. */
export function CreatePage(props: { product: "vector" | "search" }) {
  const product: Product = props.product === "vector" ? vector : search;
  const Form = product === vector ? VectorForm : SearchForm;
  const catalog = useCatalog();
  const again = useBoundedRefetch(catalog.isSuccess, () => void catalog.refetch());
  const [, navigate] = useLocation();
  const announce = useAnnounce();

  const show = (created: Resource) => {
    announce(m.resources_ready({ name: nameOf(created) }));
    navigate(hrefOf(product, created));
  };

  return (
    <div className={styles.narrow}>
      <BackLink />
      <PageHeading title={m.resources_new({ product: product.id })} />
      {catalog.isPending && <Skeleton label={m.resources_loading_regions()} lines={4} />}
      {catalog.isError && <ProblemNotice error={catalog.error} onRetry={again.now} onWaited={again.waited} />}
      {catalog.data !== undefined && <Form catalog={catalog.data} onCreated={show} />}
    </div>
  );
}
