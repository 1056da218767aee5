import { m } from "@/messages/messages";
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
export function ResetDialog({ product, resource, onClose, onDone }: Props) {
  const reset = useReset(product, resource, onDone);
  return (
    <ConfirmNameDialog
      title={m.resources_reset_title({ product: product.id, title: titleOf(product, resource) })}
      name={nameOf(resource)}
      action={m.resources_reset({ product: product.id })}
      working={m.resources_reset_working()}
      pending={reset.isPending}
      onConfirm={() => reset.mutate()}
      onClose={onClose}
    >
      <p>
        {m.resources_reset_explanation()}
        {product === qstash && ` ${m.resources_reset_by_id()}`}
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
      title={m.resources_delete_title({ name: nameOf(resource) })}
      name={nameOf(resource)}
      action={m.resources_delete({ product: product.id })}
      working={m.resources_delete_working()}
      pending={remove.isPending}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <p>{m.resources_delete_explanation({ product: product.id })}</p>
      {remove.error !== null && <ProblemNotice error={remove.error} />}
    </ConfirmNameDialog>
  );
}
