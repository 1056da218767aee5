// The button's events, and news from the server. The page works without any of this: it shows the same after a reload.
"use strict";

const words = {
  completed: "Connected.",
  refused: "You declined. Nothing has changed.",
  closed: "You closed the window before you decided. Nothing has changed.",
  failed: "It did not work. Nothing has changed; please try again.",
};

for (const type of Object.keys(words)) {
  document.addEventListener(type, ({ detail }) => {
    const forSomebodyElse = detail.reason === "mismatch";
    document.getElementById("message").textContent = forSomebodyElse ? "This was not for you." : words[type];
    if (type === "completed") refresh();
  });
}

/** Shows what the server says now. The elements that did not change stay, with their focus. */
async function refresh() {
  const response = await fetch("/");
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const section of document.querySelectorAll("main > section")) {
    const title = section.getAttribute("aria-labelledby");
    const other = fresh.querySelector(`[aria-labelledby="${title}"]`);
    if (other === null) location.reload();
    else if (other.innerHTML !== written.get(title)) {
      written.set(title, other.innerHTML);
      section.replaceChildren(...other.childNodes);
    }
  }
}

const written = new Map(
  [...document.querySelectorAll("main > section")].map((section) => [
    section.getAttribute("aria-labelledby"),
    section.innerHTML,
  ]),
);

new EventSource("/news").addEventListener("message", refresh);
