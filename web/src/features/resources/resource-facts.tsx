import type { ReactNode } from "react";
import { useCatalog } from "@/shared/catalog/catalog";
import { RegionName } from "@/shared/catalog/region-name";
import { CopyFact } from "@/shared/page/copy-fact";
import { Fact } from "@/shared/page/fact";
import facts from "@/shared/page/facts.module.css";
import { RelativeTime } from "@/shared/time/relative-time";
import { addressOfResource } from "./address";
import type { Product, Resource } from "./products";
import { bytesWords, indexTypeWords, limitWords, modelWords, planWords, similarityWords } from "./words";

type Entry = [label: string, value: ReactNode];

/** What is known of a resource. What Upstash leaves out is left out here. */
export function ResourceFacts({ product, resource }: { product: Product; resource: Resource }) {
  const catalog = useCatalog().data;
  const address = addressOfResource(product, resource);
  const entries: Entry[] = [
    ["Region", resource.region && <RegionName catalog={catalog} id={resource.region} />],
    ["Plan", given(resource.type, planWords)],
    ...ofProduct[product.id](resource),
    ["Created", resource.creation_time && <RelativeTime at={resource.creation_time} exact />],
  ];
  return (
    <section className="card" aria-label="Details">
      <dl className={facts.facts}>
        {address !== undefined && <CopyFact label="URL" value={address} />}
        <CopyFact label="ID" value={resource.id} />
        {entries
          .filter(([, value]) => value !== undefined && value !== "")
          .map(([label, value]) => (
            <Fact key={label} label={label}>
              {value}
            </Fact>
          ))}
      </dl>
    </section>
  );
}

const ofProduct: Readonly<Record<Product["id"], (resource: Resource) => Entry[]>> = {
  vector: (index) => [
    ["Type", given(index.index_type, indexTypeWords)],
    ["Dimensions", given(index.dimension_count, String)],
    ["Similarity", given(index.similarity_function, similarityWords)],
    ["Embedding model", given(index.embedding_model, modelWords)],
    ["Sparse embedding model", given(index.sparse_embedding_model, modelWords)],
    ["Maximum vectors", given(index.max_vector_count, limitWords)],
  ],
  search: (index) => [
    ["Maximum records", given(index.max_vector_count, limitWords)],
    ["Query enrichment", given(index.input_enrichment_enabled, onOff)],
  ],
  qstash: (qstash) => [
    ["Delivers messages", given(qstash.active, yesNo)],
    ["Messages a day", given(qstash.max_requests_per_day, limitWords)],
    ["Largest message", given(qstash.max_message_size, bytesWords)],
    ["Schedules", given(qstash.max_schedules, limitWords)],
    ["Queues", given(qstash.max_queues, limitWords)],
    ["Retries of a message", given(qstash.max_retries, limitWords)],
  ],
};

function given<T>(value: T | undefined, words: (value: T) => string): string | undefined {
  return value === undefined ? undefined : words(value);
}

const yesNo = (yes: boolean) => (yes ? "Yes" : "No");
const onOff = (on: boolean) => (on ? "On" : "Off");
