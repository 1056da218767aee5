import { Link } from "wouter";
import { Notice } from "@/shared/page/notice";

export function NotFoundPage() {
  return (
    <Notice title="Page not found">
      <p>The address may be mistyped, or the page has moved.</p>
      <Link href="/" className="button button-primary">
        Go to your databases
      </Link>
    </Notice>
  );
}
