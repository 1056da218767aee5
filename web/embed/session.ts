import type { ConnectSession } from "./types.ts";

/** The form of the server's ids and tokens. Others would change the address, or could not be sent as a header. */
const word = /^[\w-]+$/;

/** Checks what a backend passed on. Only http and https: a javascript: URL would run in this page. */
export function checked(session: Partial<ConnectSession> | null | undefined): ConnectSession {
  const { url, id, statusToken } = session ?? {};
  const usable = [id, statusToken].every((part) => typeof part === "string" && word.test(part));
  if (!usable || typeof url !== "string" || !/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    throw new TypeError(
      "UpstashConnect.open needs an http(s) url, id and statusToken; or session, which returns them",
    );
  }
  return { url, id, statusToken } as ConnectSession;
}

/** The server's API is next to the page of the invitation, also under a path. */
export function statusAddress({ url, id }: ConnectSession): string {
  return new URL(`api/v1/connect-sessions/${id}`, url.split("#")[0]).href;
}
