// Adds a search field to a list, and a button to copy each command. Without this script everything is listed, and the
// browser's own search finds it.
"use strict";

for (const place of document.querySelectorAll("[data-filter]")) addSearch(place);
for (const example of document.querySelectorAll("pre[aria-label^=Command]")) addCopy(example);

addEventListener("hashchange", openTarget);
openTarget();

function addSearch(place) {
  const label = document.createElement("label");
  label.className = "search";
  label.textContent = place.dataset.filter;
  const field = document.createElement("input");
  field.type = "search";
  label.append(field);
  const result = document.createElement("p");
  result.className = "note";
  result.setAttribute("role", "status");
  place.prepend(label, result);

  field.addEventListener("input", () => {
    const words = field.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    for (const item of document.querySelectorAll("[data-item]")) {
      const text = item.dataset.item.toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
    }
    let found = 0;
    for (const group of document.querySelectorAll("[data-group]")) {
      const shown = group.querySelectorAll("[data-item]:not([hidden])").length;
      group.hidden = shown === 0;
      if (group.parentElement.closest("nav") === null) found += shown;
    }
    result.textContent = words.length === 0 ? "" : found === 1 ? "1 result" : `${found} results`;
  });
}

function addCopy(example) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", `Copy. ${example.getAttribute("aria-label")}`);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(example.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(example);
      button.textContent = "Selected";
    }
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  const frame = document.createElement("div");
  frame.className = "command";
  example.replaceWith(frame);
  frame.append(example, button);
}

/** Opens the call or type to which a link leads. */
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = target?.closest("details");
  if (!details) return;
  details.open = true;
  // The browser followed the link while the call was closed, and what is closed cannot take the focus.
  target.focus({ preventScroll: true });
  details.scrollIntoView();
}
