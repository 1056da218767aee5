import { m } from "@/messages/messages";
import type { Catalog, SearchIndex } from "@/shared/api/types";
import { CostNote } from "@/shared/form/cost-note";
import { NameField } from "@/shared/form/fields";
import styles from "@/shared/form/form.module.css";
import { FormSummary } from "@/shared/form/form-summary";
import { SubmitButton } from "@/shared/form/submit-button";
import { useCreateForm } from "@/shared/form/use-create-form";
import { useCreateSearch } from "./api";
import { PlanField, RegionField } from "./choices";
import { checkDraft, empty, errorsFromServer, labels, plans, regions, toRequest } from "./search-fields";

interface Props {
  catalog: Catalog;
  onCreated: (index: SearchIndex) => void;
}

export function SearchForm({ catalog, onCreated }: Props) {
  const { field, form, summary, pending } = useCreateForm({
    initial: empty,
    labels: labels(),
    check: checkDraft,
    errorsFromServer,
    toRequest,
    create: useCreateSearch(),
    onCreated,
  });
  return (
    <form {...form} className={`card ${styles.form}`}>
      <FormSummary {...summary} />
      <NameField {...field("name")} />
      <RegionField catalog={catalog} offered={regions} {...field("region")} />
      <PlanField catalog={catalog} offered={plans} {...field("type")} />
      <CostNote product="Search" href="https://upstash.com/pricing/search">
        {m.resources_search_price()}
      </CostNote>
      <SubmitButton pending={pending} cancelTo="/">
        {m.resources_create({ product: "search" })}
      </SubmitButton>
    </form>
  );
}
