/**
 * The path under which this server is reached, without a slash at its end: "" at the root of its origin. The build
 * cannot know it, so the server writes it into the document (api/base_path.go).
 */
export function publicPath(): string {
  const written = document.querySelector('meta[name="public-path"]')?.getAttribute("content") ?? "";
  return written.replace(/\/$/, "");
}

/** Returns the URL of a path of this server, for links that the router does not handle. */
export function addressOf(path: string): string {
  return publicPath() + path;
}

/**
 * Returns the name of something that a browser stores by origin: a storage entry, a channel, a window. The name has the
 * path, because another server of ours may run at the same origin under another path.
 */
export function ownName(name: string): string {
  return name + publicPath();
}
