import { ProblemNotice } from "@/shared/problem/problem-notice";
import { ConfirmNameDialog } from "@/shared/ui/confirm-name-dialog";
import { useRemove, useReset } from "./api";
import { nameOf, type Product, qstash, type Resource, titleOf } from "./products";

interface Props {
  product: Product;
  resource: Resource;
  onClose: () => void;
  onDone: () => void;
}

/** Confirms that the tokens are replaced. */
export function ResetDialog({ product, resource, action, onClose, onDone }: Props & { action: string }) {
  const reset = useReset(product, resource, onDone);
  return (
    <ConfirmNameDialog
      title={`${action} of ${titleOf(product, resource)}?`}
      name={nameOf(resource)}
      action={action}
      working="Replacing…"
      pending={reset.isPending}
      onConfirm={() => reset.mutate()}
      onClose={onClose}
    >
      <p>
        Upstash replaces both tokens. Applications that use the old ones stop working until you give them the
        new ones, which you can reveal on this page.
        {product === qstash && " Confirm with the ID, because a QStash has no name."}
      </p>
      {reset.error !== null && <ProblemNotice error={reset.error} />}
    </ConfirmNameDialog>
  );
}

/** Confirms that a resource is deleted. */
export function DeleteDialog({ product, resource, onClose, onDone }: Props) {
  const remove = useRemove(product, resource, onDone);
  return (
    <ConfirmNameDialog
      title={`Delete ${nameOf(resource)}?`}
      name={nameOf(resource)}
      action={`Delete this ${product.noun}`}
      working="Deleting…"
      pending={remove.isPending}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <p>
        This deletes the {product.noun} with all its data, and ends its tokens. Nobody can bring it back, and
        neither can Upstash.
      </p>
      {remove.error !== null && <ProblemNotice error={remove.error} />}
    </ConfirmNameDialog>
  );
}
