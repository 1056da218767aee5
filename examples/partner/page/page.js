// Shows what the server says now, without a reload. The page works without this, and shows the same after a reload.
"use strict";

const sections = () => document.querySelectorAll("main > section");
const written = new Map([...sections()].map(({ id, innerHTML }) => [id, innerHTML]));

/** Replaces the sections that differ. The others stay as they are, with their focus. */
async function refresh() {
  const response = await fetch("/");
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const section of sections()) {
    const other = fresh.getElementById(section.id);
    if (other === null) return location.reload(); // somebody logged out
    if (other.innerHTML === written.get(section.id)) continue;
    written.set(section.id, other.innerHTML);
    section.replaceChildren(...other.childNodes);
  }
}

document.addEventListener("completed", refresh); // an event of <upstash-connect>
new EventSource("/news").addEventListener("message", refresh); // a webhook arrived
