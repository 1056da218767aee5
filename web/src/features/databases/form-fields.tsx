import type { Catalog, Choice, Region } from "@/shared/api/types";
import { regionWithId } from "@/shared/catalog/labels";
import { RegionName } from "@/shared/catalog/region-name";
import { aria, FieldError, type FieldProps, Hint, SelectField } from "@/shared/form/fields";
import styles from "@/shared/form/form.module.css";

export function RegionField({ catalog, ...field }: FieldProps<string> & { catalog: Catalog }) {
  return (
    <SelectField
      field="primary_region"
      label="Primary region"
      hint="Handles all writes. Choose the region closest to your application."
      {...field}
    >
      <option value="">Choose a region…</option>
      {catalog.platforms.map((platform) => (
        <optgroup key={platform.id} label={platform.label}>
          {catalog.regions
            .filter((region) => region.platform === platform.id)
            .map((region) => (
              <option key={region.id} value={region.id}>
                {regionWithId(catalog, region.id)}
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

export function ReadRegionsField({ catalog, primary, value, error, onChange }: ReadRegionsProps) {
  const available = catalog.regions.filter(
    (region) => region.platform === primary.platform && region.read_replica && region.id !== primary.id,
  );
  if (available.length === 0) {
    return <p className="hint">Read regions are not available with {primary.label}.</p>;
  }
  const toggle = (id: string, on: boolean) =>
    onChange(on ? [...value, id] : value.filter((other) => other !== id));
  const hint = "Optional replicas for faster reads in other regions. Each one adds to the cost.";
  return (
    <fieldset className="field" {...aria("read_regions", error, hint)}>
      <legend>Read regions</legend>
      <Hint field="read_regions" hint={hint} />
      <div className={styles.regions}>
        {available.map((region, index) => (
          <label key={region.id} className="check">
            <input
              type="checkbox"
              data-field={index === 0 ? "read_regions" : undefined}
              checked={value.includes(region.id)}
              onChange={(event) => toggle(region.id, event.target.checked)}
            />
            <RegionName catalog={catalog} id={region.id} stacked />
          </label>
        ))}
      </div>
      <FieldError field="read_regions" error={error} />
    </fieldset>
  );
}

export function PlanField({ plans, ...field }: FieldProps<string> & { plans: Choice[] }) {
  return (
    // The section opens when the field inside has an error.
    <details className={styles.more} open={field.error !== undefined || undefined}>
      <summary>More options</summary>
      <SelectField field="plan" label="Plan" {...field}>
        <option value="">Your account’s default</option>
        {plans.map((plan) => (
          <option key={plan.id} value={plan.id}>
            {plan.label}
          </option>
        ))}
      </SelectField>
    </details>
  );
}
