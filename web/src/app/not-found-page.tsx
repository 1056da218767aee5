import { Link } from "wouter";
import { m } from "@/messages/messages";
import { Notice } from "@/shared/page/notice";

export function NotFoundPage() {
  return (
    <Notice title={m.not_found_title()}>
      <p>{m.not_found_reason()}</p>
      <Link href="/" className="button button-primary">
        {m.go_to_databases()}
      </Link>
    </Notice>
  );
}
