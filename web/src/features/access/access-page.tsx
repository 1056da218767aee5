import { ArrowLeft } from "lucide-react";
import { Link } from "wouter";
import { PageHeading } from "@/shared/ui/page-heading";
import { Activity } from "./activity";
import { GrantList } from "./grant-list";
import "./access.css";

/** The account's view of who acts for it, and of what was done. */
export function AccessPage() {
  return (
    <div className="access">
      <Link href="/" className="access-back">
        <ArrowLeft aria-hidden="true" /> Databases
      </Link>
      <PageHeading title="Access and activity" />
      <GrantList />
      <Activity />
    </div>
  );
}
