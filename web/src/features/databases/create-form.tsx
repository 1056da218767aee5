import { m } from "@/messages/messages";
import type { Catalog, Database } from "@/shared/api/types";
import { CostNote } from "@/shared/form/cost-note";
import { NameField } from "@/shared/form/fields";
import styles from "@/shared/form/form.module.css";
import { FormSummary } from "@/shared/form/form-summary";
import { SubmitButton } from "@/shared/form/submit-button";
import { useCreateForm } from "@/shared/form/use-create-form";
import { useCreateDatabase } from "./api";
import { checkDraft, empty, errorsFromServer, labels, toRequest } from "./create-fields";
import { MoreFields, ReadRegionsField, RegionField } from "./form-fields";

interface Props {
  catalog: Catalog;
  onCreated: (database: Database) => void;
  /** Where Cancel leads. */
  cancelTo?: string;
}

export function CreateForm({ catalog, onCreated, cancelTo }: Props) {
  const { draft, change, field, form, summary, pending } = useCreateForm({
    initial: empty,
    labels: labels(),
    check: checkDraft,
    errorsFromServer,
    toRequest: (draft) => toRequest(draft, catalog),
    create: useCreateDatabase(),
    onCreated,
  });

  const region = catalog.regions.find(({ id }) => id === draft.primary_region);
  return (
    <form {...form} className={`card ${styles.form}`}>
      <FormSummary {...summary} />
      <NameField {...field("name")} />
      <RegionField
        catalog={catalog}
        {...field("primary_region")}
        // Which read regions are available depends on the primary region.
        onChange={(primary_region) => change({ primary_region, read_regions: [] })}
      />
      {region !== undefined && (
        <ReadRegionsField catalog={catalog} primary={region} {...field("read_regions")} />
      )}
      <MoreFields
        catalog={catalog}
        plan={field("plan")}
        budget={field("budget")}
        eviction={field("eviction")}
      />
      <CostNote product="Redis" href="https://upstash.com/pricing/redis">
        {m.database_price()} {catalog.plans.some(({ id }) => id === "free") && m.database_price_free()}
      </CostNote>
      <SubmitButton pending={pending} cancelTo={cancelTo}>
        {m.database_create()}
      </SubmitButton>
    </form>
  );
}
