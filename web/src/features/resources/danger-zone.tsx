import { useState } from "react";
import { useLocation } from "wouter";
import { m } from "@/messages/messages";
import { useOpenOperations } from "@/shared/catalog/catalog";
import { useAnnounce } from "@/shared/ui/announcer";
import styles from "./danger-zone.module.css";
import { DeleteDialog, ResetDialog } from "./destructive-dialogs";
import { type Product, type Resource, titleOf } from "./products";

interface Props {
  product: Product;
  resource: Resource;
  onReset: () => void;
}

/** What cannot be undone, at the end of the page. */
export function DangerZone({ product, resource, onReset }: Props) {
  const [dialog, setDialog] = useState<"reset" | "delete" | null>(null);
  const [, navigate] = useLocation();
  const announce = useAnnounce();
  const open = useOpenOperations();
  const mayReset = open.has(product.resets);
  const mayDelete = product.remove !== undefined && open.has(`${product.id}.delete`);
  if (!mayReset && !mayDelete) return null;

  const title = titleOf(product, resource);
  const close = () => setDialog(null);
  return (
    <section className={`card ${styles.zone}`} aria-labelledby="danger-heading">
      <h2 id="danger-heading">{m.resources_danger()}</h2>
      {mayReset && (
        <Row
          title={m.resources_reset({ product: product.id })}
          text={m.resources_reset_effect()}
          onClick={() => setDialog("reset")}
        />
      )}
      {mayDelete && (
        <Row
          title={m.resources_delete({ product: product.id })}
          text={m.resources_delete_effect()}
          onClick={() => setDialog("delete")}
        />
      )}
      {dialog === "reset" && (
        <ResetDialog
          product={product}
          resource={resource}
          onClose={close}
          onDone={() => {
            close();
            announce(m.resources_reset_done({ title }));
            onReset();
          }}
        />
      )}
      {dialog === "delete" && (
        <DeleteDialog
          product={product}
          resource={resource}
          onClose={close}
          onDone={() => {
            announce(m.resources_deleted({ title }));
            navigate("/");
          }}
        />
      )}
    </section>
  );
}

function Row(props: { title: string; text: string; onClick: () => void }) {
  return (
    <div className={styles.row}>
      <div>
        <h3>{props.title}</h3>
        <p className="hint">{props.text}</p>
      </div>
      <button type="button" className="button button-danger" onClick={props.onClick}>
        {m.resources_danger_open({ action: props.title })}
      </button>
    </div>
  );
}
