import { m } from "@/messages/messages";
import { Notice } from "@/shared/page/notice";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { Skeleton } from "@/shared/ui/skeleton";
import type { View } from "./consent-flow";

/**
 * While the invitation is opened, and when that fails. It comes with the page itself, apart from the rest: until the
 * server has taken the invitation this page alone holds it, and nothing that has to be loaded may stand in between.
 */
export function OpeningView(props: {
  view: Extract<View, { name: "loading" | "failed" }>;
  onRetry: () => void;
}) {
  if (props.view.name === "loading") return <Skeleton label={m.consent_opening()} lines={4} />;
  return (
    <Notice title={m.consent_not_opened_title()}>
      <ProblemNotice error={props.view.error} onRetry={props.onRetry} />
    </Notice>
  );
}
