import { m } from "@/messages/messages";
import type { Catalog, VectorIndex } from "@/shared/api/types";
import { CostNote } from "@/shared/form/cost-note";
import { NameField, SelectField, TextField } from "@/shared/form/fields";
import styles from "@/shared/form/form.module.css";
import { FormSummary } from "@/shared/form/form-summary";
import { SubmitButton } from "@/shared/form/submit-button";
import { useCreateForm } from "@/shared/form/use-create-form";
import { useCreateVector } from "./api";
import { PlanField, RegionField } from "./choices";
import * as vector from "./vector-fields";
import { indexTypeWords, modelWords, similarityWords } from "./words";

interface Props {
  catalog: Catalog;
  onCreated: (index: VectorIndex) => void;
}

export function VectorForm({ catalog, onCreated }: Props) {
  const labels = vector.labels();
  const {
    draft,
    change,
    field: fieldOf,
    form,
    summary,
    pending,
  } = useCreateForm({
    initial: vector.empty,
    labels,
    check: vector.checkDraft,
    errorsFromServer: vector.errorsFromServer,
    toRequest: vector.toRequest,
    create: useCreateVector(),
    onCreated,
  });
  const field = (name: vector.Field) => ({
    ...fieldOf(name),
    field: name,
    label: labels[name],
    onChange: (value: string) => change(vector.following(draft, { [name]: value })),
  });
  return (
    <form {...form} className={`card ${styles.form}`}>
      <FormSummary {...summary} />
      <NameField {...field("name")} />
      <RegionField catalog={catalog} offered={vector.regions} {...field("region")} />
      <SelectField hint={m.resources_vector_type_hint()} {...field("index_type")}>
        <Options ids={vector.indexTypes} words={indexTypeWords} />
      </SelectField>
      {vector.isDense(draft) && <DenseFields draft={draft} field={field} />}
      {vector.isSparse(draft) && (
        <SelectField {...field("sparse_embedding_model")}>
          <option value="">{m.resources_no_model()}</option>
          <Options ids={vector.sparseModels} words={modelWords} />
        </SelectField>
      )}
      <PlanField catalog={catalog} offered={vector.plans} {...field("type")} />
      <CostNote product="Vector" href="https://upstash.com/pricing/vector">
        {m.resources_vector_price()}
      </CostNote>
      <SubmitButton pending={pending} cancelTo="/">
        {m.resources_create({ product: "vector" })}
      </SubmitButton>
    </form>
  );
}

interface DenseProps {
  draft: vector.Draft;
  field: (name: vector.Field) => {
    field: vector.Field;
    label: string;
    value: string;
    error: string | undefined;
    onChange: (value: string) => void;
  };
}

function DenseFields({ draft, field }: DenseProps) {
  const hasModel = draft.embedding_model !== "";
  return (
    <>
      <SelectField hint={m.resources_embedding_model_hint()} {...field("embedding_model")}>
        <option value="">{m.resources_no_model()}</option>
        {Object.entries(vector.dimensionsOf).map(([id, dimensions]) => (
          <option key={id} value={id}>
            {m.resources_embedding_model_option({ model: modelWords(id), dimensions })}
          </option>
        ))}
      </SelectField>
      <TextField
        required
        hint={hasModel ? m.resources_dimensions_by_model() : m.resources_dimensions_hint()}
        numeric
        readOnly={hasModel}
        {...field("dimension_count")}
      />
      <SelectField hint={m.resources_similarity_hint()} {...field("similarity_function")}>
        <Options ids={vector.similarities} words={similarityWords} />
      </SelectField>
    </>
  );
}

function Options(props: { ids: readonly string[]; words: (id: string) => string }) {
  return props.ids.map((id) => (
    <option key={id} value={id}>
      {props.words(id)}
    </option>
  ));
}
