import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { ConsentFlow, type View } from "./consent-flow";

/** The connect session of this visit: what is shown of it, and what can be done. */
export function useConsent(invitation: string | undefined): { view: View; flow: ConsentFlow } {
  const client = useQueryClient();
  const [view, setView] = useState<View>({ name: "loading" });
  const [flow] = useState(() => new ConsentFlow(client, setView));
  const begun = useRef(false);

  useEffect(() => {
    if (begun.current) return; // an invitation opens once, also where effects run twice
    begun.current = true;
    void flow.open(invitation);
  }, [flow, invitation]);

  return { view, flow };
}
