import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { m } from "@/messages/messages";
import type { Config } from "@/shared/api/types";
import { type Attempt, findAttempt, type Mode, rememberAttempt } from "@/shared/connect/attempt";
import {
  isStrictThirdParty,
  StrictThirdPartyReason,
  strictThirdPartyTitle,
} from "@/shared/connect/third-party-client";
import { Notice } from "@/shared/page/notice";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { addressOf } from "@/shared/public-path";
import { configQuery } from "@/shared/session/config";
import { recallDeparture } from "@/shared/session/departure";
import { Skeleton } from "@/shared/ui/skeleton";
import { goToLogin } from "./auth-client";
import { LeaveButton } from "./leave-button";
import { rememberWindow } from "./window-context";

/**
 * Redirects to the login at Upstash; automatically only for an attempt that a button of ours started:
 * anyone can link to this address, and such a visitor is asked first.
 */
export function ConnectPage() {
  const client = useQueryClient();
  const [query] = useState(() => new URLSearchParams(window.location.search));
  const [asked] = useState(() => findAttempt(query.get("attempt")));
  const [error, setError] = useState<unknown>(null);
  const [strict, setStrict] = useState<Config | null>(null);
  const begun = useRef(false);
  const mode: Mode = query.get("mode") === "redirect" || asked === undefined ? "redirect" : "window";

  const leave = async (attempt: Attempt) => {
    setError(null);
    try {
      const config = await client.ensureQueryData(configQuery);
      if (isStrictThirdParty(config)) {
        setStrict(config);
        return;
      }
      rememberWindow({ attempt: attempt.id, mode, ...forServiceOf(attempt) });
      await goToLogin(config, attempt);
    } catch (cause) {
      setError(cause);
    }
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: one visit leaves once
  useEffect(() => {
    if (begun.current || asked === undefined) return;
    begun.current = true;
    // The page at Upstash gets no handle on the page behind; this window still may close itself.
    window.opener = null;
    void leave(asked);
  }, []);

  if (strict !== null) {
    return (
      <Notice title={strictThirdPartyTitle()}>
        <StrictThirdPartyReason config={strict} />
        <LeaveButton alone context={{ attempt: asked?.id, mode, ...forServiceOf(asked) }} />
      </Notice>
    );
  }
  if (error !== null) {
    return (
      <Notice title={m.login_not_started_title()}>
        <ProblemNotice error={error} onRetry={() => void leave(asked ?? rememberAttempt({}))} />
      </Notice>
    );
  }
  if (asked === undefined) {
    return (
      <Notice title={m.login_connect_title()}>
        <p>{m.login_connect_explanation()}</p>
        <button
          type="button"
          className="button button-primary button-large"
          onClick={() => void leave(rememberAttempt({ promptLogin: recallDeparture() !== null }))}
        >
          {m.login_connect_continue()}
        </button>
        <a href={addressOf("/")}>{m.login_connect_not_now()}</a>
      </Notice>
    );
  }
  return (
    <Notice title={m.login_leaving_title()}>
      <Skeleton label={m.login_leaving_label()} lines={2} />
    </Notice>
  );
}

function forServiceOf(attempt: Attempt | undefined): { forService?: string } {
  return attempt?.forService === undefined ? {} : { forService: attempt.forService };
}
