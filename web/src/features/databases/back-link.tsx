import { ArrowLeft } from "lucide-react";
import { Link } from "wouter";

export function BackLink() {
  return (
    <Link href="/" className="back-link">
      <ArrowLeft aria-hidden="true" /> Databases
    </Link>
  );
}
