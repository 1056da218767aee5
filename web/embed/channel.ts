/** The channel of the page's own origin on which its return page says that there is news. Nothing crosses origins. */
const name = "upstash-connect";

/** Tells the tab that waits for a session to read its state. It says no more: anybody can open a return page. */
export function announce(id: string): void {
  if (typeof BroadcastChannel === "undefined") return;
  const channel = new BroadcastChannel(name);
  channel.postMessage({ id });
  channel.close();
}

/** Calls back when a return page announces news of a session, and returns how to stop. */
export function listen(id: string, heard: () => void): () => void {
  if (typeof BroadcastChannel === "undefined") return () => {};
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({ data }: MessageEvent<{ id?: unknown } | null>) => {
    if (data?.id === id) heard();
  };
  return () => channel.close();
}
