import type { Catalog, Choice, Region } from "@/shared/api/types";
import type { Field } from "./create-fields";
import { regionWithId } from "./labels";

interface FieldProps<T> {
  value: T;
  fault: string | undefined;
  onChange: (value: T) => void;
}

export function NameField({ value, fault, onChange }: FieldProps<string>) {
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
        {...aria("name", fault, "name-hint")}
      />
      <p className="hint" id="name-hint">
        1 to 64 letters, digits, hyphens or underscores, starting with a letter or digit.
      </p>
      <FaultText field="name" fault={fault} />
    </div>
  );
}

export function RegionField({ catalog, value, fault, onChange }: FieldProps<string> & { catalog: Catalog }) {
  return (
    <div className="field">
      <label htmlFor="primary-region">Primary region</label>
      <select
        id="primary-region"
        className="input"
        data-field="primary_region"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        {...aria("primary_region", fault, "region-hint")}
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
        Where writes go. Choose the one nearest to your application.
      </p>
      <FaultText field="primary_region" fault={fault} />
    </div>
  );
}

interface ReadRegionsProps extends FieldProps<string[]> {
  catalog: Catalog;
  primary: Region;
}

export function ReadRegionsField({ catalog, primary, value, fault, onChange }: ReadRegionsProps) {
  const offered = catalog.regions.filter(
    (region) => region.platform === primary.platform && region.read_replica && region.id !== primary.id,
  );
  if (offered.length === 0) {
    return <p className="hint">Read regions are not offered beside {primary.label}.</p>;
  }
  const toggle = (id: string, on: boolean) =>
    onChange(on ? [...value, id] : value.filter((other) => other !== id));
  return (
    <fieldset className="field" {...aria("read_regions", fault, "read-hint")}>
      <legend>Read regions</legend>
      <p className="hint" id="read-hint">
        Optional copies, for faster reads elsewhere. Each one adds to the cost.
      </p>
      <div className="read-regions">
        {offered.map((region, index) => (
          <label key={region.id} className="check">
            <input
              type="checkbox"
              data-field={index === 0 ? "read_regions" : undefined}
              checked={value.includes(region.id)}
              onChange={(event) => toggle(region.id, event.target.checked)}
            />
            {regionWithId(catalog, region.id)}
          </label>
        ))}
      </div>
      <FaultText field="read_regions" fault={fault} />
    </fieldset>
  );
}

export function PlanField({ plans, value, fault, onChange }: FieldProps<string> & { plans: Choice[] }) {
  return (
    // A fault inside has to be seen, so the section opens for it.
    <details className="more" open={fault !== undefined || undefined}>
      <summary>More options</summary>
      <div className="field">
        <label htmlFor="plan">Plan</label>
        <select
          id="plan"
          className="input"
          data-field="plan"
          value={value}
          onChange={(event) => onChange(event.target.value)}
          {...aria("plan", fault)}
        >
          <option value="">Let Upstash decide</option>
          {plans.map((plan) => (
            <option key={plan.id} value={plan.id}>
              {plan.label}
            </option>
          ))}
        </select>
        <FaultText field="plan" fault={fault} />
      </div>
    </details>
  );
}

function FaultText(props: { field: Field; fault: string | undefined }) {
  if (props.fault === undefined) return null;
  return (
    <p className="field-fault" id={faultId(props.field)}>
      {props.fault}
    </p>
  );
}

function aria(field: Field, fault: string | undefined, hint?: string) {
  const ids = [hint, fault === undefined ? undefined : faultId(field)].filter((id) => id !== undefined);
  return {
    "aria-invalid": fault === undefined ? undefined : true,
    "aria-describedby": ids.length > 0 ? ids.join(" ") : undefined,
  } as const;
}

const faultId = (field: Field) => `fault-${field}`;
