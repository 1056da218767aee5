import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { useBackToIdle } from "@/features/connect/back-to-idle";
import { ConnectPanel } from "@/features/connect/connect-panel";
import { ConnectProvider, useConnect } from "@/features/connect/connect-provider";
import { ConsentPage } from "@/features/consent/consent-page";
import { takeInvitation } from "@/features/consent/invitation";
import { useConsent } from "@/features/consent/use-consent";
import { Skeleton } from "@/shared/ui/skeleton";
import { Shell } from "./shell";

// The login SDK is most of this chunk; the page behind the window never loads it.
const LoginWindow = lazy(() => import("@/features/login-window/login-window"));

export function LoginPage(props: { page: "connect" | "callback" }) {
  return (
    <Shell window>
      <Suspense fallback={<Skeleton label="Loading" />}>
        <LoginWindow page={props.page} />
      </Suspense>
    </Shell>
  );
}

/** /connect: the login window of a button here, or where a service's invitation leads to. */
export function ConnectRoute() {
  const [visit, setVisit] = useState(() => ({ invitation: takeInvitation(), number: 0 }));

  useEffect(() => {
    // A second link to this address, followed in this very tab, changes the fragment and loads nothing.
    const onHash = () => {
      const invitation = takeInvitation();
      if (invitation !== undefined) setVisit(({ number }) => ({ invitation, number: number + 1 }));
    };
    window.addEventListener("hashchange", onHash);
    return () => window.removeEventListener("hashchange", onHash);
  }, []);

  const ofAButton =
    visit.invitation === undefined && new URLSearchParams(window.location.search).has("attempt");
  if (ofAButton) return <LoginPage page="connect" />;
  return <ServiceVisit key={visit.number} invitation={visit.invitation} />;
}

function ServiceVisit({ invitation }: { invitation: string | undefined }) {
  const { view, flow } = useConsent(invitation);
  const onLoggedIn = useCallback(() => void flow.loggedIn(), [flow]);
  if (view.name === "none") return <LoginPage page="connect" />;
  return (
    <ConnectProvider onLoggedIn={onLoggedIn}>
      <Shell window>
        <Consent view={view} flow={flow} invitation={invitation} />
      </Shell>
    </ConnectProvider>
  );
}

type ConsentProps = Pick<Parameters<typeof ConsentPage>[0], "view" | "flow" | "invitation">;

function Consent(props: ConsentProps) {
  const { state, start } = useConnect();
  useBackToIdle(() => document.getElementById("content")?.focus());
  return <ConsentPage {...props} login={state.name === "idle" ? null : <ConnectPanel />} onLogin={start} />;
}
