import { ownName } from "@/shared/public-path";

const name = () => ownName("upstash-connect");

/** What the login window tells the page behind it. It is a hint to look, never a proof. */
export interface Notice {
  type: "connected" | "cancelled" | "failed";
  attempt: string;
}

/** Tells every page of this server in this browser. */
export function broadcast(notice: Notice): void {
  const channel = new BroadcastChannel(name());
  channel.postMessage(notice);
  channel.close();
}

/** Calls listener for each notice until the returned function is called. */
export function listen(listener: (notice: Notice) => void): () => void {
  const channel = new BroadcastChannel(name());
  channel.onmessage = (event: MessageEvent<unknown>) => {
    if (isNotice(event.data)) listener(event.data);
  };
  return () => channel.close();
}

function isNotice(data: unknown): data is Notice {
  if (typeof data !== "object" || data === null) return false;
  const { type, attempt } = data as Record<string, unknown>;
  return ["connected", "cancelled", "failed"].includes(String(type)) && typeof attempt === "string";
}
