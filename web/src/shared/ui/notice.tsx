import { PageHeading } from "./page-heading";
import "./notice.css";

/** A whole page that has one thing to say. */
export function Notice(props: { title: string; children: React.ReactNode }) {
  return (
    <section className="notice">
      <PageHeading title={props.title} />
      {props.children}
    </section>
  );
}
