import type { Catalog, Choice, Region } from "@/shared/api/types";
import type { Field } from "./create-fields";
import styles from "./create-form.module.css";
import { regionWithId } from "./labels";
import { RegionName } from "./region-name";

interface FieldProps<T> {
  value: T;
  error: string | undefined;
  onChange: (value: T) => void;
}

export function NameField({ value, error, onChange }: FieldProps<string>) {
  return (
    <div className="field">
      <label htmlFor="name">Name</label>
      <input
        id="name"
        className="input"
        data-field="name"
        value={value}
        maxLength={64}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
        {...aria("name", error, "name-hint")}
      />
      <p className="hint" id="name-hint">
        1 to 64 letters, digits, hyphens or underscores. Starts with a letter or a digit.
      </p>
      <FieldError field="name" error={error} />
    </div>
  );
}

export function RegionField({ catalog, value, error, onChange }: FieldProps<string> & { catalog: Catalog }) {
  return (
    <div className="field">
      <label htmlFor="primary-region">Primary region</label>
      <select
        id="primary-region"
        className="input"
        data-field="primary_region"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        {...aria("primary_region", error, "region-hint")}
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
      </select>
      <p className="hint" id="region-hint">
        Handles all writes. Choose the region closest to your application.
      </p>
      <FieldError field="primary_region" error={error} />
    </div>
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
  return (
    <fieldset className="field" {...aria("read_regions", error, "read-hint")}>
      <legend>Read regions</legend>
      <p className="hint" id="read-hint">
        Optional replicas for faster reads in other regions. Each one adds to the cost.
      </p>
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

export function PlanField({ plans, value, error, onChange }: FieldProps<string> & { plans: Choice[] }) {
  return (
    // The section opens when the field inside has an error.
    <details className={styles.more} open={error !== undefined || undefined}>
      <summary>More options</summary>
      <div className="field">
        <label htmlFor="plan">Plan</label>
        <select
          id="plan"
          className="input"
          data-field="plan"
          value={value}
          onChange={(event) => onChange(event.target.value)}
          {...aria("plan", error)}
        >
          <option value="">Your account’s default</option>
          {plans.map((plan) => (
            <option key={plan.id} value={plan.id}>
              {plan.label}
            </option>
          ))}
        </select>
        <FieldError field="plan" error={error} />
      </div>
    </details>
  );
}

function FieldError(props: { field: Field; error: string | undefined }) {
  if (props.error === undefined) return null;
  return (
    <p className="field-error" id={errorId(props.field)}>
      {props.error}
    </p>
  );
}

function aria(field: Field, error: string | undefined, hint?: string) {
  const ids = [hint, error === undefined ? undefined : errorId(field)].filter((id) => id !== undefined);
  return {
    "aria-invalid": error === undefined ? undefined : true,
    "aria-describedby": ids.length > 0 ? ids.join(" ") : undefined,
  } as const;
}

const errorId = (field: Field) => `error-${field}`;
