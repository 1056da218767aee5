import type { Catalog, SearchIndex } from "@/shared/api/types";
import { NameField } from "@/shared/form/fields";
import styles from "@/shared/form/form.module.css";
import { FormSummary } from "@/shared/form/form-summary";
import { SubmitButton } from "@/shared/form/submit-button";
import { useCreateForm } from "@/shared/form/use-create-form";
import { useCreateSearch } from "./api";
import { PlanField, RegionField } from "./choices";
import { checkDraft, empty, errorsFromServer, fields, plans, regions, toRequest } from "./search-fields";

interface Props {
  catalog: Catalog;
  onCreated: (index: SearchIndex) => void;
}

export function SearchForm({ catalog, onCreated }: Props) {
  const { draft, errors, change, form, summary, pending } = useCreateForm({
    initial: empty,
    fields,
    check: checkDraft,
    errorsFromServer,
    toRequest,
    create: useCreateSearch(),
    onCreated,
  });
  return (
    <form {...form} className={`card ${styles.form}`}>
      <FormSummary {...summary} />
      <NameField value={draft.name} error={errors.byField.name} onChange={(name) => change({ name })} />
      <RegionField
        catalog={catalog}
        offered={regions}
        value={draft.region}
        error={errors.byField.region}
        onChange={(region) => change({ region })}
      />
      <PlanField
        catalog={catalog}
        offered={plans}
        value={draft.type}
        error={errors.byField.type}
        onChange={(type) => change({ type })}
      />
      <SubmitButton pending={pending}>Create Search index</SubmitButton>
    </form>
  );
}
