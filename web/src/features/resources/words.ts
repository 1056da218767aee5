import { m } from "@/messages/messages";
import { getLocale } from "@/messages/runtime";

type Words = Readonly<Record<string, () => string>>;

const plans: Words = {
  free: m.resources_plan_free,
  payg: m.resources_plan_payg,
  paid: m.resources_plan_payg,
  fixed: m.resources_plan_fixed,
};

const similarities: Words = {
  COSINE: m.resources_similarity_cosine,
  EUCLIDEAN: m.resources_similarity_euclidean,
  DOT_PRODUCT: m.resources_similarity_dot_product,
};

const indexTypes: Words = {
  DENSE: m.resources_type_dense,
  SPARSE: m.resources_type_sparse,
  HYBRID: m.resources_type_hybrid,
};

/** The names of the models are the same in every language. */
const models: Readonly<Record<string, string>> = {
  BGE_SMALL_EN_V1_5: "BGE Small EN v1.5",
  BGE_BASE_EN_V1_5: "BGE Base EN v1.5",
  BGE_LARGE_EN_V1_5: "BGE Large EN v1.5",
  BGE_M3: "BGE M3",
  BM25: "BM25",
};

// A word of Upstash that is not known here appears unchanged.
export const planWords = (id: string) => plans[id]?.() ?? id;
export const similarityWords = (id: string) => similarities[id]?.() ?? id;
export const indexTypeWords = (id: string) => indexTypes[id]?.() ?? id;
export const modelWords = (id: string) => models[id] ?? id;

/** The state of a QStash. One without words here appears as Upstash reports it, with a capital letter. */
export const stateWords = (state: string) =>
  state === "active" ? m.resources_state_active() : state.charAt(0).toUpperCase() + state.slice(1);

/** A number of Upstash where -1 means that there is no limit. */
export function limitWords(limit: number): string {
  return limit < 0 ? m.resources_unlimited() : limit.toLocaleString(getLocale());
}

const units = ["KB", "MB", "GB", "TB"];

/** A number of bytes in the largest unit that keeps it readable. */
export function bytesWords(bytes: number): string {
  if (bytes < 1000) return m.resources_bytes({ count: bytes.toLocaleString(getLocale()) });

  const step = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  const amount = bytes / 1000 ** step;
  return `${amount.toLocaleString(getLocale(), { maximumFractionDigits: 1 })} ${units[step - 1]}`;
}
