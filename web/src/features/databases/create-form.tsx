import type { Catalog, CreateDatabase, Database } from "@/shared/api/types";
import { NameField } from "@/shared/form/fields";
import styles from "@/shared/form/form.module.css";
import { FormSummary } from "@/shared/form/form-summary";
import { SubmitButton } from "@/shared/form/submit-button";
import { useCreateForm } from "@/shared/form/use-create-form";
import { useCreateDatabase } from "./api";
import { checkDraft, type Draft, errorsFromServer, fields } from "./create-fields";
import { PlanField, ReadRegionsField, RegionField } from "./form-fields";

interface Props {
  catalog: Catalog;
  onCreated: (database: Database) => void;
}

const empty: Draft = { name: "", primary_region: "", read_regions: [], plan: "" };

export function CreateForm({ catalog, onCreated }: Props) {
  const { draft, errors, change, form, summary, pending } = useCreateForm({
    initial: empty,
    fields,
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
      <NameField value={draft.name} error={errors.byField.name} onChange={(name) => change({ name })} />
      <RegionField
        catalog={catalog}
        value={draft.primary_region}
        error={errors.byField.primary_region}
        // Which read regions are available depends on the primary region.
        onChange={(primary_region) => change({ primary_region, read_regions: [] })}
      />
      {region !== undefined && (
        <ReadRegionsField
          catalog={catalog}
          primary={region}
          value={draft.read_regions}
          error={errors.byField.read_regions}
          onChange={(read_regions) => change({ read_regions })}
        />
      )}
      {catalog.plans.length > 1 && (
        <PlanField
          plans={catalog.plans}
          value={draft.plan}
          error={errors.byField.plan}
          onChange={(plan) => change({ plan })}
        />
      )}
      <SubmitButton pending={pending}>Create database</SubmitButton>
    </form>
  );
}

function toRequest(draft: Draft, catalog: Catalog): CreateDatabase {
  const platform = catalog.regions.find(({ id }) => id === draft.primary_region)?.platform;
  const request: CreateDatabase = {
    name: draft.name,
    primary_region: draft.primary_region,
    read_regions: draft.read_regions,
  };
  if (platform !== undefined) request.platform = platform;
  // Without a plan, Upstash uses the one of the account.
  if (draft.plan !== "") request.plan = draft.plan;
  return request;
}
