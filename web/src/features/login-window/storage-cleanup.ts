/**
 * Removes whatever the login SDK leaves in this browser: its transaction in sessionStorage and its "is
 * authenticated" cookies. The SDK's own logout does most of it; after a failure half-way it is not enough.
 */
export function removeSdkStorage(): void {
  for (const storage of [window.sessionStorage, window.localStorage]) {
    const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index));
    for (const key of keys) if (key?.includes("a0.spajs")) storage.removeItem(key);
  }
  for (const pair of document.cookie.split(";")) {
    const name = pair.split("=")[0]?.trim() ?? "";
    if (/^(_legacy_)?auth0\./.test(name)) {
      // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser yet
      document.cookie = `${name}=; path=/; max-age=0`;
    }
  }
}
