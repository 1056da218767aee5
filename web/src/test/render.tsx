import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { ConnectionProvider } from "@/shared/session/connection";
import { createQueryClient } from "@/shared/session/query-client";
import { Announcer } from "@/shared/ui/announcer";
import { connection } from "./fixtures";

/** Renders a part of the page as it stands while an account is connected. */
export function renderConnected(part: ReactNode) {
  const client = createQueryClient();
  const view = render(
    <QueryClientProvider client={client}>
      <Announcer>
        <ConnectionProvider connection={connection}>{part}</ConnectionProvider>
      </Announcer>
    </QueryClientProvider>,
  );
  return { client, ...view };
}
