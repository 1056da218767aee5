import type { Product, Resource } from "./products";
import { qstash } from "./products";

/**
 * The address of a resource's data plane. An index names the first label of its host, with or without the product at
 * its end: the two forms are in Upstash's own documents.
 */
export function addressOfResource(product: Product, { endpoint, region }: Resource): string | undefined {
  if (product === qstash) return region === undefined ? undefined : `https://qstash-${region}.upstash.io`;
  if (endpoint === undefined || endpoint === "") return undefined;
  if (endpoint.includes(".")) return `https://${endpoint}`;
  const suffix = `-${product.id}`;
  return `https://${endpoint.endsWith(suffix) ? endpoint : endpoint + suffix}.upstash.io`;
}
