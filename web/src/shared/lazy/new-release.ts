import { addressOf, ownName } from "@/shared/public-path";
import { reloadPage } from "./reload";

const storageKey = () => ownName("upstash-connect.reloaded-from");

/**
 * Loads the page again if a newer release has taken the place of the one that it is from: its files are gone then. It
 * does so once for each release, so that two servers of different releases cannot send a page back and forth, and
 * not at all when the server is out of reach: a page that stands is better than none. Answers whether it does.
 */
export async function reloadIfNewRelease(): Promise<boolean> {
  const ours = entryOf(document);
  const theirs = await entryOfServer();
  if (ours === null || theirs === null || ours === theirs) return false;
  if (!remember(ours)) return false;
  reloadPage();
  return true;
}

/** The file that a document begins with. Its name has the digest of its content, and of all that it loads. */
function entryOf(page: Document): string | null {
  return page.querySelector('script[type="module"][src]')?.getAttribute("src") ?? null;
}

async function entryOfServer(): Promise<string | null> {
  try {
    const response = await fetch(addressOf("/"), { cache: "no-store", credentials: "omit" });
    if (!response.ok) return null;
    return entryOf(new DOMParser().parseFromString(await response.text(), "text/html"));
  } catch {
    return null;
  }
}

/** Notes that this tab leaves a release; false if it did before, or cannot note it. */
function remember(entry: string): boolean {
  try {
    const before = (sessionStorage.getItem(storageKey()) ?? "").split(" ");
    if (before.includes(entry)) return false;
    sessionStorage.setItem(storageKey(), [...before, entry].join(" ").trim());
    return true;
  } catch {
    return false;
  }
}
