import { UpstashConnectElement } from "./element.ts";
import { finish } from "./finish.ts";
import { offer } from "./follow.ts";
import { open, resume } from "./open.ts";
import type { OpenOptions } from "./types.ts";

/** `<upstash-connect-return next="/path">`: the end of the return page. */
class UpstashConnectReturnElement extends HTMLElement {
  connectedCallback(): void {
    const next = this.getAttribute("next");
    finish(next === null ? {} : { next });
  }
}

// A page may load the script twice, as frameworks do.
if (customElements.get("upstash-connect") === undefined) {
  customElements.define("upstash-connect", UpstashConnectElement);
  customElements.define("upstash-connect-return", UpstashConnectReturnElement);
  Object.assign(window, {
    UpstashConnect: { open: (options: OpenOptions) => open(options), resume, finish },
  });
  addEventListener("pageshow", offer);
}
