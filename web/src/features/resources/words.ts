const plans: Readonly<Record<string, string>> = {
  free: "Free",
  payg: "Pay as you go",
  paid: "Pay as you go",
  fixed: "Fixed",
};

const similarities: Readonly<Record<string, string>> = {
  COSINE: "Cosine",
  EUCLIDEAN: "Euclidean",
  DOT_PRODUCT: "Dot product",
};

const indexTypes: Readonly<Record<string, string>> = {
  DENSE: "Dense",
  SPARSE: "Sparse",
  HYBRID: "Hybrid",
};

const models: Readonly<Record<string, string>> = {
  BGE_SMALL_EN_V1_5: "BGE Small EN v1.5",
  BGE_BASE_EN_V1_5: "BGE Base EN v1.5",
  BGE_LARGE_EN_V1_5: "BGE Large EN v1.5",
  BGE_M3: "BGE M3",
  BM25: "BM25",
};

// A word of Upstash that is not known here appears unchanged.
export const planWords = (id: string) => plans[id] ?? id;
export const similarityWords = (id: string) => similarities[id] ?? id;
export const indexTypeWords = (id: string) => indexTypes[id] ?? id;
export const modelWords = (id: string) => models[id] ?? id;

/** A number of Upstash where -1 means that there is no limit. */
export function limitWords(limit: number): string {
  return limit < 0 ? "Unlimited" : limit.toLocaleString("en");
}

/** A number of bytes in the largest unit that keeps it readable. */
export function bytesWords(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const amount = bytes / 1000 ** step;
  return `${amount.toLocaleString("en", { maximumFractionDigits: step === 0 ? 0 : 1 })} ${units[step]}`;
}
