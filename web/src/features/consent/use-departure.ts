import { useEffect } from "react";
import { isDepartureExpected, pageIsBack } from "@/shared/connect/departure";
import type { ConsentFlow } from "./consent-flow";
import { readTransaction, reportDeparture } from "./transaction";

/** Milliseconds after which a page takes back what its predecessor reported: less than a departure takes to count. */
const withdrawal = 1_000;

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
    // The report of a page that is reloaded may arrive after the first read of the page that replaces it.
    const again = setTimeout(() => {
      if (flow.undecided !== undefined) readTransaction().catch(() => {});
    }, withdrawal);
    window.addEventListener("pagehide", onHide);
    window.addEventListener("pageshow", onShow);
    return () => {
      clearTimeout(again);
      window.removeEventListener("pagehide", onHide);
      window.removeEventListener("pageshow", onShow);
    };
  }, [flow]);
}
