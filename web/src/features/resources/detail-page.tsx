import { useState } from "react";
import { m } from "@/messages/messages";
import { useCatalog, useOpenOperations } from "@/shared/catalog/catalog";
import { BackLink } from "@/shared/page/back-link";
import page from "@/shared/page/page.module.css";
import { PageHeading } from "@/shared/page/page-heading";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useAnnounce } from "@/shared/ui/announcer";
import { Skeleton } from "@/shared/ui/skeleton";
import { useResource } from "./api";
import { DangerZone } from "./danger-zone";
import styles from "./detail-page.module.css";
import { type Product, products, type Resource, titleOf } from "./products";
import { RenameDialog } from "./rename-dialog";
import { ResourceFacts } from "./resource-facts";
import { TokensPanel } from "./tokens-panel";
import { Usage } from "./usage";

/** One Vector index, Search index or QStash, with what is open for it. */
export function DetailPage(props: { product: Product["id"]; id: string }) {
  const product = products.find(({ id }) => id === props.product);
  return product === undefined ? null : <Detail product={product} id={props.id} />;
}

function Detail({ product, id }: { product: Product; id: string }) {
  const catalog = useCatalog();
  const resource = useResource(product, id);
  const { data } = resource;
  const failed = catalog.data === undefined ? catalog : resource;
  const again = useBoundedRefetch(failed.isSuccess, () => void failed.refetch());
  return (
    <div className={`${page.narrow} ${page.wide}`}>
      <BackLink />
      <div className={styles.head}>
        <PageHeading
          title={data === undefined ? m.resources_noun({ product: product.id }) : titleOf(product, data)}
        />
        {data !== undefined && <Rename product={product} resource={data} />}
      </div>
      {failed.error !== null && (
        <ProblemNotice error={failed.error} onRetry={again.now} onWaited={again.waited} />
      )}
      {failed.isPending && <Skeleton label={m.resources_loading({ product: product.id })} lines={4} />}
      {data !== undefined && <Parts product={product} resource={data} />}
    </div>
  );
}

function Rename({ product, resource }: { product: Product; resource: Resource }) {
  const [renaming, setRenaming] = useState(false);
  const announce = useAnnounce();
  const open = useOpenOperations();
  if (product.rename === undefined || !open.has(`${product.id}.rename`)) return null;
  return (
    <>
      <button type="button" className="button button-quiet" onClick={() => setRenaming(true)}>
        {m.resources_rename_open()}
      </button>
      {renaming && (
        <RenameDialog
          product={product}
          resource={resource}
          onClose={() => setRenaming(false)}
          onDone={(name) => announce(m.resources_renamed({ name }))}
        />
      )}
    </>
  );
}

function Parts({ product, resource }: { product: Product; resource: Resource }) {
  const open = useOpenOperations();
  const [resets, setResets] = useState(0);
  return (
    <>
      {open.has(`${product.id}.credentials`) && (
        // Revealed tokens end with a reset.
        <TokensPanel key={resets} product={product} resource={resource} />
      )}
      <ResourceFacts product={product} resource={resource} />
      {open.has(`${product.id}.stats`) && <Usage product={product} id={resource.id} />}
      <DangerZone product={product} resource={resource} onReset={() => setResets(resets + 1)} />
    </>
  );
}
