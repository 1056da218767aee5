import type { ReactNode } from "react";
import { m } from "@/messages/messages";
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
    [m.resources_region(), resource.region && <RegionName catalog={catalog} id={resource.region} />],
    [m.resources_plan(), given(resource.type, planWords)],
    ...ofProduct[product.id](resource),
    [m.resources_created(), resource.creation_time && <RelativeTime at={resource.creation_time} exact />],
  ];
  return (
    <section className="card" aria-label={m.resources_details()}>
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
    [m.resources_type(), given(index.index_type, indexTypeWords)],
    [m.resources_dimensions(), given(index.dimension_count, String)],
    [m.resources_similarity(), given(index.similarity_function, similarityWords)],
    [m.resources_embedding_model(), given(index.embedding_model, modelWords)],
    [m.resources_sparse_embedding_model(), given(index.sparse_embedding_model, modelWords)],
    [m.resources_max_vectors(), given(index.max_vector_count, limitWords)],
  ],
  search: (index) => [
    [m.resources_max_records(), given(index.max_vector_count, limitWords)],
    [m.resources_query_enrichment(), given(index.input_enrichment_enabled, onOff)],
  ],
  qstash: (qstash) => [
    [m.resources_delivers(), given(qstash.active, yesNo)],
    [m.resources_messages_a_day(), given(qstash.max_requests_per_day, limitWords)],
    [m.resources_largest_message(), given(qstash.max_message_size, bytesWords)],
    [m.resources_schedules(), given(qstash.max_schedules, limitWords)],
    [m.resources_queues(), given(qstash.max_queues, limitWords)],
    [m.resources_retries(), given(qstash.max_retries, limitWords)],
  ],
};

function given<T>(value: T | undefined, words: (value: T) => string): string | undefined {
  return value === undefined ? undefined : words(value);
}

const yesNo = (yes: boolean) => (yes ? m.resources_yes() : m.resources_no());
const onOff = (on: boolean) => (on ? m.resources_on() : m.resources_off());
