import { ExternalLink } from "lucide-react";
import type { ReactNode } from "react";
import { m } from "@/messages/messages";
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
    <section className={styles.cost} aria-label={m.form_cost()}>
      <p>
        {m.form_cost_bill()} {children}
      </p>
      <a href={href} target="_blank" rel="noreferrer">
        {m.form_cost_prices({ product })} <ExternalLink aria-hidden="true" />
        <span className="visually-hidden">{m.form_new_tab()}</span>
      </a>
    </section>
  );
}
