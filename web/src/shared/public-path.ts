/**
 * The path under which this server is reached, without a slash at its end: "" at the root of its origin. The build
 * cannot know it, so the server writes it into the document (api/base.go).
 */
export function publicPath(): string {
  const written = document.querySelector('meta[name="public-path"]')?.getAttribute("content") ?? "";
  return written.replace(/\/$/, "");
}

/** A path of this server as an address, for what is no link of the router's. */
export function addressOf(path: string): string {
  return publicPath() + path;
}

/**
 * The name of something that a browser keeps by origin: an entry of its storage, a channel, a window. Another server of
 * ours may be reached at the same origin under another path, and has its own.
 */
export function ownName(name: string): string {
  return name + publicPath();
}
