import { useEffect } from "react";
import { isDepartureExpected, pageIsBack } from "@/shared/connect/departure";
import type { ConsentFlow } from "./consent-flow";
import { readTransaction, reportDeparture } from "./transaction";

/**
 * Reports that the user closed the page without a decision, so that the page of the service stops waiting. A reload is
 * reported too; the page that loads then takes it back.
 */
export function useDeparture(flow: ConsentFlow): void {
  useEffect(() => {
    const onHide = () => {
      if (flow.undecided !== undefined && !isDepartureExpected()) reportDeparture(flow.undecided);
    };
    const onShow = ({ persisted }: PageTransitionEvent) => {
      if (!persisted) return;
      pageIsBack();
      // Reading the transaction takes the report back. What it answers is on the screen already.
      if (flow.undecided !== undefined) readTransaction().catch(() => {});
    };
    window.addEventListener("pagehide", onHide);
    window.addEventListener("pageshow", onShow);
    return () => {
      window.removeEventListener("pagehide", onHide);
      window.removeEventListener("pageshow", onShow);
    };
  }, [flow]);
}
