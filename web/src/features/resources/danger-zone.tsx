import { useState } from "react";
import { useLocation } from "wouter";
import { useOpenOperations } from "@/shared/catalog/catalog";
import { useAnnounce } from "@/shared/ui/announcer";
import styles from "./danger-zone.module.css";
import { DeleteDialog, ResetDialog } from "./destructive-dialogs";
import { type Product, qstash, type Resource, titleOf } from "./products";

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
  const resetLabel = product === qstash ? "Rotate the tokens" : "Reset the tokens";
  return (
    <section className={`card ${styles.zone}`} aria-labelledby="danger-heading">
      <h2 id="danger-heading">Danger zone</h2>
      {mayReset && (
        <Row
          title={resetLabel}
          text="Replaces both tokens. Everything that uses the old ones loses access at once."
          onClick={() => setDialog("reset")}
        />
      )}
      {mayDelete && (
        <Row
          title={`Delete this ${product.noun}`}
          text="Deletes it with all its data. Upstash cannot bring it back."
          onClick={() => setDialog("delete")}
        />
      )}
      {dialog === "reset" && (
        <ResetDialog
          product={product}
          resource={resource}
          action={resetLabel}
          onClose={close}
          onDone={() => {
            close();
            announce(`The tokens of ${title} were replaced`);
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
            announce(`${title} was deleted`);
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
        {props.title}…
      </button>
    </div>
  );
}
