// A user agent with cookies that stops at every redirect and fills in the provider's forms like a person.
import assert from "node:assert/strict";

/** The seeded user of every sandbox. */
export const demo = { email: "demo@example.com", password: "demo-password" };

export class Browser {
  #cookies = new Map();

  /** Opens a URL; returns the redirect or the page. */
  open(address, options = {}) {
    return this.#send(new URL(address), options);
  }

  /** Fills in the fields and presses a button of the page's form. */
  press(page, button, fields = {}) {
    const action = /<form method="post" action="([^"]+)"/.exec(page.body)?.[1];
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.body)?.[1];
    assert.ok(action && csrf && page.body.includes(`name="action" value="${button}"`), `no button ${button} on ${page.body}`);
    const body = new URLSearchParams({ action: button, csrf: unescape(csrf), ...fields });
    return this.#send(new URL(unescape(action), page.address), { method: "POST", body });
  }

  /** Logs in on the given page. */
  logIn(page, user = demo) {
    return this.press(page, "login", user);
  }

  async #send(address, options) {
    const response = await fetch(address, {
      ...options,
      redirect: "manual",
      headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value, rest] = /^([^=]+)=([^;]*)(.*)$/.exec(line);
      if (/max-age=0/i.test(rest)) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    const location = response.headers.get("location");
    return {
      address,
      status: response.status,
      location: location === null ? undefined : new URL(location, address),
      body: await response.text(),
    };
  }
}

/** Decodes the escapes that html/template writes into attributes. */
function unescape(text) {
  const named = { amp: "&", lt: "<", gt: ">", quot: '"' };
  return text.replace(/&(?:#(\d+)|(\w+));/g, (_, number, name) => (number ? String.fromCodePoint(Number(number)) : named[name]));
}
