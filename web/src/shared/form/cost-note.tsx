import { ExternalLink } from "lucide-react";
import type { ReactNode } from "react";
import styles from "./form.module.css";

interface Props {
  /** What has a price: Redis, Vector, Search. */
  product: string;
  /** Upstash's page with the prices. */
  href: string;
  /** What decides the price. */
  children: ReactNode;
}

/** Who pays, what decides the price, and where the prices are. Upstash changes prices, so the page has none. */
export function CostNote({ product, href, children }: Props) {
  return (
    <section className={styles.cost} aria-label="Cost">
      <p>Upstash bills your Upstash account. {children}</p>
      <a href={href} target="_blank" rel="noreferrer">
        {product} prices at Upstash <ExternalLink aria-hidden="true" />
        <span className="visually-hidden">(opens in a new tab)</span>
      </a>
    </section>
  );
}
