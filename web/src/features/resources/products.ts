import { api, type Result } from "@/shared/api/client";
import type { QStash, ResourceStats, SearchIndex, Tokens, VectorIndex } from "@/shared/api/types";

/** A Vector index, a Search index or a QStash. Fields that its product does not have are absent. */
export type Resource = VectorIndex & SearchIndex & QStash;

type Read = {
  headers?: Record<string, string>;
  signal?: AbortSignal;
};

/** The headers of a guarded call. */
export interface Confirmation {
  "Idempotency-Key": string;
  "Confirm-Name": string;
}

/** One product of Upstash, and its calls in our API. */
export interface Product {
  /** The prefix of its operations, and the path of its pages. */
  id: "vector" | "search" | "qstash";
  /** The name of the product, which is the same in every language. */
  title: string;
  list: (read: Read) => Promise<Result<Resource[]>>;
  get: (id: string, read: Read) => Promise<Result<Resource>>;
  reveal: (id: string) => Promise<Result<Tokens>>;
  stats: (id: string, read: Read) => Promise<Result<ResourceStats>>;
  /** The operation that replaces the tokens, and its call. */
  resets: string;
  reset: (id: string, header: Confirmation) => Promise<Result<Resource>>;
  /** Absent where Upstash makes and names the resource itself. */
  rename?: (id: string, name: string, header: Confirmation) => Promise<Result<Resource>>;
  remove?: (id: string, header: Confirmation) => Promise<Result<unknown>>;
}

const path = (id: string) => ({ params: { path: { id } } });
const guarded = (id: string, header: Confirmation) => ({ params: { path: { id }, header } });

export const vector: Product = {
  id: "vector",
  title: "Vector",
  list: async (read) => elements(await api.GET("/vector/indexes", read), "indexes"),
  get: (id, read) => api.GET("/vector/indexes/{id}", { ...path(id), ...read }),
  reveal: (id) => api.GET("/vector/indexes/{id}/credentials", path(id)),
  stats: (id, read) => api.GET("/vector/indexes/{id}/stats", { ...path(id), ...read }),
  resets: "vector.reset-password",
  reset: (id, header) => api.POST("/vector/indexes/{id}/reset-password", guarded(id, header)),
  rename: (id, name, header) => api.PATCH("/vector/indexes/{id}", { ...guarded(id, header), body: { name } }),
  remove: (id, header) => api.DELETE("/vector/indexes/{id}", guarded(id, header)),
};

export const search: Product = {
  id: "search",
  title: "Search",
  list: async (read) => elements(await api.GET("/search/indexes", read), "indexes"),
  get: (id, read) => api.GET("/search/indexes/{id}", { ...path(id), ...read }),
  reveal: (id) => api.GET("/search/indexes/{id}/credentials", path(id)),
  stats: (id, read) => api.GET("/search/indexes/{id}/stats", { ...path(id), ...read }),
  resets: "search.reset-password",
  reset: (id, header) => api.POST("/search/indexes/{id}/reset-password", guarded(id, header)),
  rename: (id, name, header) => api.PATCH("/search/indexes/{id}", { ...guarded(id, header), body: { name } }),
  remove: (id, header) => api.DELETE("/search/indexes/{id}", guarded(id, header)),
};

export const qstash: Product = {
  id: "qstash",
  title: "QStash",
  list: async (read) => elements(await api.GET("/qstash", read), "qstash"),
  get: (id, read) => api.GET("/qstash/{id}", { ...path(id), ...read }),
  reveal: (id) => api.GET("/qstash/{id}/credentials", path(id)),
  stats: (id, read) => api.GET("/qstash/{id}/stats", { ...path(id), ...read }),
  resets: "qstash.rotate-token",
  reset: (id, header) => api.POST("/qstash/{id}/rotate-token", guarded(id, header)),
};

/** In the order of the page. */
export const products: readonly Product[] = [vector, search, qstash];

/** The answer to a list, with its elements as its data. */
function elements<Key extends string>(
  { data, response }: Result<Record<Key, Resource[]>>,
  key: Key,
): Result<Resource[]> {
  return data === undefined ? { response } : { data: data[key], response };
}

/** The name that the user confirms: a QStash has none, so its id. */
export function nameOf(resource: Resource): string {
  return resource.name ?? resource.id;
}

/** What a page about a resource is called: an account has one QStash in each region. */
export function titleOf(product: Product, resource: Resource): string {
  return product === qstash ? `QStash ${resource.region ?? resource.id}` : nameOf(resource);
}

export function hrefOf(product: Product, resource: Resource): string {
  return `/${product.id}/${encodeURIComponent(resource.id)}`;
}
