import { m } from "@/messages/messages";
import type { CreateVectorIndex, FieldFault } from "@/shared/api/types";
import { assignErrors, type FormErrors, nameError } from "@/shared/form/form-errors";

/** The fields of the form, in display order, with the names of the request. */
export const fields = [
  "name",
  "region",
  "index_type",
  "embedding_model",
  "dimension_count",
  "similarity_function",
  "sparse_embedding_model",
  "type",
] as const;
export type Field = (typeof fields)[number];

/** The label of each field. */
export const labels = (): Readonly<Record<Field, string>> => ({
  name: m.resources_name(),
  region: m.resources_region(),
  index_type: m.resources_vector_type(),
  embedding_model: m.resources_embedding_model(),
  dimension_count: m.resources_dimensions(),
  similarity_function: m.resources_similarity(),
  sparse_embedding_model: m.resources_sparse_embedding_model(),
  type: m.resources_plan(),
});

export type Draft = Record<Field, string>;

export const empty: Draft = {
  name: "",
  region: "",
  index_type: "DENSE",
  embedding_model: "",
  dimension_count: "",
  similarity_function: "COSINE",
  sparse_embedding_model: "",
  type: "payg",
};

export const regions = ["eu-west-1", "us-east-1", "us-central1"];
export const indexTypes = ["DENSE", "SPARSE", "HYBRID"];
export const similarities = ["COSINE", "EUCLIDEAN", "DOT_PRODUCT"];
export const sparseModels = ["BM25", "BGE_M3"];
export const plans = ["payg", "fixed"];

/** How many dimensions the vectors of each embedding model have. */
export const dimensionsOf: Readonly<Record<string, number>> = {
  BGE_SMALL_EN_V1_5: 384,
  BGE_BASE_EN_V1_5: 768,
  BGE_LARGE_EN_V1_5: 1024,
  BGE_M3: 1024,
};

const mostDimensions = 5000;

export const isDense = ({ index_type }: Draft) => index_type !== "SPARSE";
export const isSparse = ({ index_type }: Draft) => index_type !== "DENSE";

/** What else changes with a field: a model decides the number of dimensions. */
export function following(draft: Draft, part: Partial<Draft>): Partial<Draft> {
  const model = part.embedding_model;
  if (model === undefined) return part;
  const dimensions = dimensionsOf[model];
  if (dimensions !== undefined) return { ...part, dimension_count: String(dimensions) };
  // Without the model, its number means nothing.
  return draft.embedding_model === "" ? part : { ...part, dimension_count: "" };
}

/** Finds the errors that need no request. */
export function checkDraft(draft: Draft): FormErrors<Field> {
  const byField: FormErrors<Field>["byField"] = {};
  const name = nameError(draft.name);
  if (name !== undefined) byField.name = name;
  if (draft.region === "") byField.region = m.resources_region_missing();
  if (isDense(draft) && !isDimensions(draft.dimension_count)) {
    byField.dimension_count = m.resources_dimensions_invalid({ most: mostDimensions });
  }
  return { byField, general: [] };
}

function isDimensions(text: string): boolean {
  return /^[1-9]\d{0,3}$/.test(text.trim()) && Number(text) <= mostDimensions;
}

export function errorsFromServer(found: readonly FieldFault[]): FormErrors<Field> {
  return assignErrors(found, (token) => fields.find((field) => field === token));
}

/** The request. A sparse index has no dimensions, and compares by the dot product. */
export function toRequest(draft: Draft): CreateVectorIndex {
  const { name, region, index_type, type } = draft;
  const request: CreateVectorIndex = {
    name,
    region,
    index_type,
    type,
    dimension_count: isDense(draft) ? Number(draft.dimension_count) : 0,
    similarity_function: isDense(draft) ? draft.similarity_function : "DOT_PRODUCT",
  };
  if (isDense(draft) && draft.embedding_model !== "") request.embedding_model = draft.embedding_model;
  if (isSparse(draft) && draft.sparse_embedding_model !== "") {
    request.sparse_embedding_model = draft.sparse_embedding_model;
  }
  return request;
}
