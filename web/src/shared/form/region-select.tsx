import type { ReactNode } from "react";
import type { Catalog, Region } from "@/shared/api/types";
import { RecommendedRegion } from "@/shared/catalog/recommended-region";
import { type FieldProps, fieldId, SelectField } from "./fields";

interface Props extends FieldProps<string> {
  field: string;
  label: string;
  hint: string;
  catalog: Catalog;
  /** The regions of which one may be recommended. */
  regions: readonly Region[];
  /** The option elements. */
  children: ReactNode;
}

/** A required choice of a region, with a recommendation below it. */
export function RegionSelect({ catalog, regions, children, ...select }: Props) {
  return (
    <SelectField
      required
      below={
        <RecommendedRegion
          catalog={catalog}
          regions={regions}
          value={select.value}
          onChoose={(id) => {
            document.getElementById(fieldId(select.field))?.focus(); // the pressed button is gone
            select.onChange(id);
          }}
        />
      }
      {...select}
    >
      {children}
    </SelectField>
  );
}
