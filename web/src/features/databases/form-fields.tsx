import { useMemo, useState } from "react";
import { m } from "@/messages/messages";
import type { Catalog, Region } from "@/shared/api/types";
import { regionLabel, regionOption, regionTexts } from "@/shared/catalog/labels";
import { RegionName } from "@/shared/catalog/region-name";
import { ChipsField } from "@/shared/form/chips-field";
import { aria, FieldError, type FieldProps, Hint, SelectField, TextField } from "@/shared/form/fields";
import styles from "@/shared/form/form.module.css";
import { RegionSelect } from "@/shared/form/region-select";

export function RegionField({ catalog, ...field }: FieldProps<string> & { catalog: Catalog }) {
  // Most of Upstash's regions are on its first platform. A database on another one has no read regions.
  const first = catalog.platforms[0]?.id;
  const regions = useMemo(
    () => catalog.regions.filter(({ platform }) => platform === first),
    [catalog.regions, first],
  );
  return (
    <RegionSelect
      field="primary_region"
      label={m.database_primary_region()}
      hint={m.database_primary_region_hint()}
      catalog={catalog}
      regions={regions}
      {...field}
    >
      <option value="">{m.database_primary_region_choose()}</option>
      {catalog.platforms.map((platform) => (
        <optgroup key={platform.id} label={platform.label}>
          {catalog.regions
            .filter((region) => region.platform === platform.id)
            .map((region) => (
              <option key={region.id} value={region.id}>
                {regionOption(catalog, region.id)}
              </option>
            ))}
        </optgroup>
      ))}
    </RegionSelect>
  );
}

interface ReadRegionsProps extends FieldProps<string[]> {
  catalog: Catalog;
  primary: Region;
}

export function ReadRegionsField({ catalog, primary, ...field }: ReadRegionsProps) {
  const available = catalog.regions.filter(
    (region) => region.platform === primary.platform && region.read_replica && region.id !== primary.id,
  );
  if (available.length === 0) {
    return <p className="hint">{m.database_read_regions_unavailable({ region: primary.label })}</p>;
  }
  return (
    <ChipsField
      field="read_regions"
      label={m.database_read_regions()}
      hint={m.database_read_regions_hint()}
      words={{
        search: m.database_read_regions_search(),
        allChosen: m.database_read_regions_all_chosen(),
        noMatch: (text) => m.database_read_regions_no_match({ text }),
      }}
      options={available.map(({ id }) => ({
        id,
        text: `${regionLabel(catalog, id)} ${id}`,
        otherTexts: regionTexts(catalog, id).join(" "),
        label: <RegionName catalog={catalog} id={id} />,
      }))}
      {...field}
    />
  );
}

interface MoreProps {
  catalog: Catalog;
  plan: FieldProps<string>;
  budget: FieldProps<string>;
  eviction: FieldProps<boolean>;
}

/** What most databases leave to Upstash: plan, budget and eviction. */
export function MoreFields({ catalog, plan, budget, eviction }: MoreProps) {
  const [open, setOpen] = useState(false);
  // The section opens for an error inside, and stays open while the user corrects it.
  const invalid = [plan, budget, eviction].some(({ error }) => error !== undefined);
  if (invalid && !open) setOpen(true);
  return (
    <details
      className={styles.more}
      open={open}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
    >
      <summary>
        {catalog.plans.length > 1 ? m.database_more_options_plan() : m.database_more_options()}
      </summary>
      <div>
        {catalog.plans.length > 1 && <PlanField catalog={catalog} {...plan} />}
        {plan.value !== "free" && (
          <TextField
            field="budget"
            label={m.database_budget()}
            hint={m.database_budget_hint()}
            numeric
            {...budget}
          />
        )}
        <EvictionField {...eviction} />
      </div>
    </details>
  );
}

function PlanField({ catalog, ...field }: FieldProps<string> & { catalog: Catalog }) {
  return (
    <SelectField field="plan" label={m.database_plan()} hint={m.database_plan_hint()} {...field}>
      <option value="">{m.database_plan_default()}</option>
      {catalog.plans.map((plan) => (
        <option key={plan.id} value={plan.id}>
          {plan.label}
        </option>
      ))}
    </SelectField>
  );
}

function EvictionField({ value, error, onChange }: FieldProps<boolean>) {
  const hint = m.database_eviction_hint();
  return (
    <div className="field">
      <label className={`check ${styles.check}`}>
        <input
          type="checkbox"
          data-field="eviction"
          checked={value}
          onChange={({ target }) => onChange(target.checked)}
          {...aria("eviction", error, hint)}
        />
        {m.database_eviction_label()}
      </label>
      <div className={styles.below}>
        <Hint field="eviction" hint={hint} />
        <FieldError field="eviction" error={error} />
      </div>
    </div>
  );
}
