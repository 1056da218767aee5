import { useMemo } from "react";
import { m } from "@/messages/messages";
import type { Catalog } from "@/shared/api/types";
import { regionOption } from "@/shared/catalog/labels";
import { type FieldProps, SelectField } from "@/shared/form/fields";
import { RegionSelect } from "@/shared/form/region-select";
import { planWords } from "./words";

interface ChoiceProps extends FieldProps<string> {
  catalog: Catalog;
  /** What the product offers. The installation may allow less. */
  offered: readonly string[];
}

/** The regions that both the product and the installation offer. */
export function RegionField({ catalog, offered, ...field }: ChoiceProps) {
  const allowed = useMemo(
    () => catalog.regions.filter(({ id }) => offered.includes(id)),
    [catalog.regions, offered],
  );
  return (
    <RegionSelect
      field="region"
      label={m.resources_region()}
      hint={m.resources_region_hint()}
      catalog={catalog}
      regions={allowed}
      {...field}
    >
      <option value="">{m.resources_region_choose()}</option>
      {allowed.map(({ id }) => (
        <option key={id} value={id}>
          {regionOption(catalog, id)}
        </option>
      ))}
    </RegionSelect>
  );
}

/** The catalog has the plans of databases. It says nothing about a fixed plan of an index: the server decides there. */
export function PlanField({ catalog, offered, ...field }: ChoiceProps) {
  const allowed = offered.filter((id) => id === "fixed" || catalog.plans.some((plan) => plan.id === id));
  return (
    <SelectField field="type" label={m.resources_plan()} hint={m.resources_plan_hint()} required {...field}>
      {field.value === "" && <option value="">{m.resources_plan_choose()}</option>}
      {allowed.map((id) => (
        <option key={id} value={id}>
          {planWords(id)}
        </option>
      ))}
    </SelectField>
  );
}
