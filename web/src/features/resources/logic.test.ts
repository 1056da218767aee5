import { afterEach, expect, test } from "vitest";
import { getLocale, overwriteGetLocale } from "@/messages/runtime";
import { addressOfResource } from "./address";
import { type Product, qstash, search, vector } from "./products";
import { masked, snippets } from "./snippets";
import { usageRows } from "./usage-rows";
import * as fields from "./vector-fields";
import { bytesWords, limitWords, modelWords, planWords, stateWords } from "./words";

const inEnglish = getLocale;
afterEach(() => overwriteGetLocale(inEnglish));

test.each<[Product, { endpoint?: string; region?: string }, string | undefined]>([
  [vector, { endpoint: "lucky-otter-1-us1" }, "https://lucky-otter-1-us1-vector.upstash.io"],
  [vector, { endpoint: "lucky-otter-1-us1-vector" }, "https://lucky-otter-1-us1-vector.upstash.io"],
  [search, { endpoint: "lucky-otter-1-eu1" }, "https://lucky-otter-1-eu1-search.upstash.io"],
  [search, { endpoint: "a.example.com" }, "https://a.example.com"],
  [vector, { endpoint: "" }, undefined],
  [vector, {}, undefined],
  [qstash, { region: "us-east-1" }, "https://qstash-us-east-1.upstash.io"],
  [qstash, {}, undefined],
])("the address of a resource: %#", (product, resource, address) => {
  expect(addressOfResource(product, { id: "x", ...resource })).toBe(address);
});

const tokens = {
  id: "x",
  endpoint: "otter",
  region: "eu-central-1",
  token: "secret",
  read_only_token: "also",
};

test("the environment has the names that the clients read", () => {
  const env = (product: Product) => snippets(product, tokens)[0]?.text;
  expect(env(vector)).toBe(
    "UPSTASH_VECTOR_REST_URL=https://otter-vector.upstash.io\nUPSTASH_VECTOR_REST_TOKEN=secret",
  );
  expect(env(search)).toBe(
    "UPSTASH_SEARCH_REST_URL=https://otter-search.upstash.io\nUPSTASH_SEARCH_REST_TOKEN=secret",
  );
  expect(env(qstash)).toBe("QSTASH_URL=https://qstash-eu-central-1.upstash.io\nQSTASH_TOKEN=secret");
});

test("a token that a shell would run is not in the environment, and an absent one has no line", () => {
  const env = (token?: string) => {
    const { token: _, ...others } = tokens;
    return snippets(vector, { ...others, ...(token === undefined ? {} : { token }) })[0]?.text;
  };
  expect(env("$(touch ran)")).toContain("# UPSTASH_VECTOR_REST_TOKEN is missing");
  expect(env("$(touch ran)")).not.toContain("touch");
  for (const absent of [undefined, ""]) {
    expect(env(absent)).toBe("UPSTASH_VECTOR_REST_URL=https://otter-vector.upstash.io");
  }
});

test("masked snippets have no secret", () => {
  for (const product of [vector, search, qstash]) {
    expect(JSON.stringify(snippets(product, masked(tokens)))).not.toMatch(/secret|also/);
  }
});

const draft = { ...fields.empty, name: "products", region: "us-east-1" };

test.each([
  ["BGE_SMALL_EN_V1_5", "384"],
  ["BGE_BASE_EN_V1_5", "768"],
  ["BGE_LARGE_EN_V1_5", "1024"],
  ["BGE_M3", "1024"],
])("the model %s sets %s dimensions", (embedding_model, dimension_count) => {
  expect(fields.following(draft, { embedding_model })).toEqual({ embedding_model, dimension_count });
});

test("without the model its number goes, and a number that was entered stays", () => {
  const withModel = { ...draft, embedding_model: "BGE_M3", dimension_count: "1024" };
  expect(fields.following(withModel, { embedding_model: "" }).dimension_count).toBe("");
  const entered = { ...draft, dimension_count: "3" };
  expect(fields.following(entered, { embedding_model: "" })).toEqual({ embedding_model: "" });
});

test.each([
  ["", false],
  ["0", false],
  ["1.5", false],
  ["5001", false],
  ["1e3", false],
  ["1", true],
  ["5000", true],
  [" 768 ", true],
])("%j dimensions are valid: %s", (dimension_count, valid) => {
  expect(fields.checkDraft({ ...draft, dimension_count }).byField.dimension_count === undefined).toBe(valid);
});

test("a sparse index has no dimensions and no dense model", () => {
  const sparse = {
    ...draft,
    index_type: "SPARSE",
    embedding_model: "BGE_M3",
    dimension_count: "1024",
    sparse_embedding_model: "BM25",
  };
  expect(fields.checkDraft({ ...sparse, dimension_count: "" }).byField).toEqual({});
  expect(fields.toRequest(sparse)).toEqual({
    name: "products",
    region: "us-east-1",
    index_type: "SPARSE",
    type: "payg",
    dimension_count: 0,
    similarity_function: "DOT_PRODUCT",
    sparse_embedding_model: "BM25",
  });
});

test("usage: only what there is, in words", () => {
  expect(usageRows({ storage_usage: 7000, monthly_cost: 0.5, current_vector_count: 1000 })).toEqual([
    { label: "Vectors", value: "1,000" },
    { label: "Storage", value: "7 KB" },
    { label: "Cost this month", value: "$0.50" },
  ]);
  expect(usageRows({})).toEqual([]);
});

test.each([
  [0, "0 bytes"],
  [999, "999 bytes"],
  [1000, "1 KB"],
  [1_048_576, "1 MB"],
  [5e15, "5,000 TB"],
])("%d bytes are %s", (bytes, words) => {
  expect(bytesWords(bytes)).toBe(words);
});

test("a limit of -1 means unlimited", () => {
  expect(limitWords(-1)).toBe("Unlimited");
  expect(limitWords(200_000)).toBe("200,000");
});

test("a word of Upstash that is not known appears unchanged", () => {
  expect([planWords("paid"), planWords("enterprise")]).toEqual(["Pay as you go", "enterprise"]);
  expect([modelWords("BM25"), modelWords("NEW_MODEL")]).toEqual(["BM25", "NEW_MODEL"]);
  expect([stateWords("active"), stateWords("paused")]).toEqual(["Active", "Paused"]);
});

test("numbers are in the language of the page", () => {
  overwriteGetLocale(() => "de");
  const usage = usageRows({ current_vector_count: 1000, monthly_cost: 0.5, storage_usage: 7_500 });
  expect(usage.map(({ value }) => value)).toEqual(["1.000", "7,5 KB", "0,50\u00a0$"]);
  expect(limitWords(200_000)).toBe("200.000");
});
