// Gives the search field of a list and the buttons that copy a command their effect. The document contains them, so
// that nothing moves when this script runs. Without scripts they are hidden (style.css): everything is listed then, and
// the browser's own search finds it.
"use strict";

for (const place of document.querySelectorAll(".filter")) enableSearch(place);
for (const frame of document.querySelectorAll(".command")) enableCopy(frame);

addEventListener("hashchange", openTarget);
openTarget();

function enableSearch(place) {
  const field = place.querySelector("input");
  const result = place.querySelector("[role=status]");

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

function enableCopy(frame) {
  const example = frame.querySelector("pre");
  const button = frame.querySelector("button");
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
