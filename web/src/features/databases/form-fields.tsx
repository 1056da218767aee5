import { useMemo, useState } from "react";
import type { Catalog, Region } from "@/shared/api/types";
import { regionLabel, regionOption } from "@/shared/catalog/labels";
import { RecommendedRegion } from "@/shared/catalog/recommended-region";
import { RegionName } from "@/shared/catalog/region-name";
import { ChipsField } from "@/shared/form/chips-field";
import {
  aria,
  FieldError,
  type FieldProps,
  fieldId,
  Hint,
  SelectField,
  TextField,
} from "@/shared/form/fields";
import styles from "@/shared/form/form.module.css";

export function RegionField({ catalog, ...field }: FieldProps<string> & { catalog: Catalog }) {
  // Most of Upstash's regions are on its first platform. A database on another one has no read regions.
  const first = catalog.platforms[0]?.id;
  const regions = useMemo(
    () => catalog.regions.filter(({ platform }) => platform === first),
    [catalog.regions, first],
  );
  return (
    <SelectField
      field="primary_region"
      label="Primary region"
      hint="Handles all writes. Choose the region closest to your application."
      required
      below={
        <RecommendedRegion
          catalog={catalog}
          regions={regions}
          value={field.value}
          onChoose={(id) => {
            document.getElementById(fieldId("primary_region"))?.focus(); // the pressed button is gone
            field.onChange(id);
          }}
        />
      }
      {...field}
    >
      <option value="">Choose a region…</option>
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
    </SelectField>
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
    return <p className="hint">Read regions are not available with {primary.label}.</p>;
  }
  return (
    <ChipsField
      field="read_regions"
      label="Read regions"
      hint="Optional replicas for faster reads in other regions. Each one adds to the cost."
      noun="region"
      options={available.map(({ id }) => ({
        id,
        text: `${regionLabel(catalog, id)} ${id}`,
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
        More options: {catalog.plans.length > 1 ? "plan, budget, eviction" : "budget, eviction"}
      </summary>
      <div>
        {catalog.plans.length > 1 && <PlanField catalog={catalog} {...plan} />}
        {plan.value !== "free" && (
          <TextField
            field="budget"
            label="Monthly budget"
            hint="In the unit of the Upstash console; 0 means unlimited. Upstash restricts a database that reaches its budget. Without a number, Upstash sets the budget."
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
    <SelectField field="plan" label="Plan" hint="Decides the limits and the price." {...field}>
      <option value="">Your account’s default</option>
      {catalog.plans.map((plan) => (
        <option key={plan.id} value={plan.id}>
          {plan.label}
        </option>
      ))}
    </SelectField>
  );
}

function EvictionField({ value, error, onChange }: FieldProps<boolean>) {
  const hint = "Without it, a full database rejects writes.";
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
        Drop keys when the database is full (eviction)
      </label>
      <div className={styles.below}>
        <Hint field="eviction" hint={hint} />
        <FieldError field="eviction" error={error} />
      </div>
    </div>
  );
}
