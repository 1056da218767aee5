/**
 * Takes the invitation out of the address, and the fragment out of the address bar and the history, before anything
 * else happens: nobody who sees the address later can use it.
 */
export function takeInvitation(): string | undefined {
  const { hash, pathname, search } = window.location;
  if (hash === "") return undefined;
  window.history.replaceState(null, "", pathname + search);
  return hash === "#" ? undefined : hash.slice(1);
}
