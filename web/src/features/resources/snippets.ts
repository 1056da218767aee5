import type { Tokens } from "@/shared/api/types";
import { envLine } from "@/shared/credentials/env-line";
import { mask } from "@/shared/credentials/mask";
import type { Snippet } from "@/shared/credentials/snippet-tabs";
import { addressOfResource } from "./address";
import type { Product } from "./products";

/** The names that the clients of a product read from the environment. */
const names = {
  vector: { url: "UPSTASH_VECTOR_REST_URL", token: "UPSTASH_VECTOR_REST_TOKEN" },
  search: { url: "UPSTASH_SEARCH_REST_URL", token: "UPSTASH_SEARCH_REST_TOKEN" },
  qstash: { url: "QSTASH_URL", token: "QSTASH_TOKEN" },
};

const code = {
  vector: ['import { Index } from "@upstash/vector";', "", "const index = Index.fromEnv();"],
  search: ['import { Search } from "@upstash/search";', "", "const client = Search.fromEnv();"],
  qstash: [
    'import { Client } from "@upstash/qstash";',
    "",
    "const client = new Client({",
    "  baseUrl: process.env.QSTASH_URL,",
    "  token: process.env.QSTASH_TOKEN,",
    "});",
  ],
};

/** Text to paste: the environment, and the client that reads it. */
export function snippets(product: Product, tokens: Tokens): Snippet[] {
  const { url, token } = names[product.id];
  const address = addressOfResource(product, tokens);
  const env = [
    ...(address === undefined ? [] : [envLine(url, address)]),
    ...(tokens.token === undefined || tokens.token === "" ? [] : [envLine(token, tokens.token)]),
  ];
  return [
    { id: "env", label: ".env", text: env.join("\n") },
    { id: "typescript", label: `@upstash/${product.id}`, text: code[product.id].join("\n") },
  ];
}

/** The same tokens, masked. */
export function masked(tokens: Tokens): Tokens {
  return { ...tokens, token: mask, read_only_token: mask };
}
