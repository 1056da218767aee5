// The live journal: follows /journal/stream and shows each call once, newest first. What a call says is put into the page as
// text, never as markup.

const most = 500; // rows kept in the page
const names = { upstash: "Developer API", issuer: "Identity provider", redis: "Databases" };

const at = (id) => document.getElementById(id);

// The header stays in place, and must not cover what the focus moves to (WCAG 2.2, 2.4.11).
const header = document.querySelector("header");
new ResizeObserver(() => {
  const { position } = getComputedStyle(header);
  document.documentElement.style.scrollPaddingTop = position === "sticky" ? `${header.offsetHeight + 8}px` : "";
}).observe(header);

const calls = at("calls");
const rows = new Map(); // id of an entry to its row
const held = new Map(); // what came while paused
let paused = false;

const stream = new EventSource("/journal/stream?last=200");
stream.addEventListener("entry", ({ data }) => {
  const entry = JSON.parse(data);
  if (paused) {
    held.set(entry.id, entry);
    if (held.size > most) held.delete(held.keys().next().value);
  } else {
    show(entry);
  }
  if (entry.fault) listFaults(); // its count changed
  tell();
});
let lost = false;
stream.addEventListener("open", () => {
  lost = false;
  state();
});
stream.addEventListener("error", () => {
  lost = true;
  state();
});

function state() {
  const live = at("live");
  live.textContent = lost ? "The sandbox stopped. Reconnecting" : paused ? "Paused" : "Live";
  live.classList.toggle("off", lost || paused);
}

function make(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Adds or renews the row of an entry. A row that is open stays open. */
function show(entry) {
  const known = rows.get(entry.id);
  const row = known?.row ?? make("li");
  const open = known?.details.open ?? false;
  const details = known?.details ?? make("details");
  const summary = details.querySelector("summary") ?? details.appendChild(make("summary"));
  summary.replaceChildren(...head(entry));
  if (!known) {
    row.append(details);
    details.addEventListener("toggle", () => fill(rows.get(entry.id)));
    calls.prepend(row);
  }
  rows.set(entry.id, { row, details, entry });
  if (open) fill(rows.get(entry.id));
  row.hidden = !wanted(entry);
  while (rows.size > most) {
    const [oldest, { row: last }] = rows.entries().next().value;
    last.remove();
    rows.delete(oldest);
  }
}

function head(entry) {
  const when = make("time", "", new Date(entry.at).toLocaleTimeString("en-GB") + `.${entry.at.slice(20, 23).replace("Z", "")}`);
  when.dateTime = entry.at;
  const marks = make("span", "marks");
  if (entry.fault) marks.append(make("span", "fault", `Fault: ${entry.fault}`));
  return [
    when,
    make("span", "target", names[entry.target] ?? entry.target),
    make("span", "method", entry.method),
    make("span", "path", entry.path),
    marks,
    status(entry),
    make("span", "took", duration(entry.took_ms)),
  ];
}

function duration(took) {
  if (took === 0) return "";
  if (took < 0.1) return "<0.1 ms";
  return `${took < 10 ? took.toFixed(1) : Math.round(took)} ms`;
}

function status(entry) {
  if (entry.status !== 0) return make("span", `status s${Math.floor(entry.status / 100)}`, String(entry.status));
  if (entry.outcome === "in_flight") return make("span", "status", "…");
  if (entry.outcome === "command") return make("span", "status", "");
  return make("span", "status none", "cut");
}

/** Puts into an open row what the call said. */
function fill({ details, entry }) {
  details.querySelector(".detail")?.remove();
  if (!details.open) return;
  const detail = details.appendChild(make("div", "detail"));
  const facts = detail.appendChild(make("dl"));
  const fact = (name, value) => {
    if (!value) return;
    const pair = facts.appendChild(make("div"));
    pair.append(make("dt", "", name), make("dd", "", value));
  };
  fact("At", entry.at);
  fact("Account", entry.account);
  fact("Outcome", entry.outcome);
  fact("Injected fault", entry.fault);
  const sides = detail.appendChild(make("div", "sides"));
  side(sides, "Request", entry.request);
  side(sides, "Response", entry.response);
}

function side(sides, name, message) {
  const made = sides.appendChild(make("section"));
  made.append(make("h2", "", name));
  if (!message) {
    made.append(make("p", "quiet", name === "Response" ? "No complete response was sent." : "Not recorded."));
    return;
  }
  const lines = [];
  if (message.query) lines.push(`?${message.query.split("&").join("\n &")}`, "");
  for (const [header, value] of Object.entries(message.headers ?? {})) lines.push(`${header}: ${value}`);
  if (message.body) lines.push("", pretty(message.body));
  else if (message.bytes > 0) lines.push("", `(${message.bytes} bytes, not shown)`);
  const text = make("pre", "", lines.join("\n").trim() || "(nothing)");
  text.tabIndex = 0; // it scrolls, and a keyboard must reach it
  text.setAttribute("role", "region");
  text.setAttribute("aria-label", name);
  made.append(text);
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

function wanted(entry) {
  const target = at("target").value;
  const status = at("status").value;
  const text = at("text").value.trim().toLowerCase();
  if (target !== "all" && entry.target !== target) return false;
  if (status === "fault" && !entry.fault) return false;
  if (status !== "" && status !== "fault" && String(Math.floor(entry.status / 100)) !== status) return false;
  return `${entry.method} ${entry.path} ${entry.account ?? ""}`.toLowerCase().includes(text);
}

function tell() {
  const shown = [...rows.values()].filter(({ row }) => !row.hidden).length;
  at("empty").hidden = shown > 0;
  at("empty").textContent =
    rows.size > 0
      ? "No call matches the filter."
      : "No calls yet. Connect an account in the application, and each call shows up here.";
  const waiting = held.size > 0 ? `; ${held.size} more since the pause` : "";
  at("count").textContent = rows.size === 0 && held.size === 0 ? "" : `${shown} of ${rows.size} calls${waiting}`;
}

at("filter").addEventListener("submit", (event) => event.preventDefault());
at("filter").addEventListener("input", () => {
  for (const { row, entry } of rows.values()) row.hidden = !wanted(entry);
  tell();
});
at("pause").addEventListener("click", () => {
  paused = !paused;
  at("pause").setAttribute("aria-pressed", String(paused));
  if (!paused) {
    for (const entry of held.values()) show(entry);
    held.clear();
  }
  state();
  tell();
});
at("clear").addEventListener("click", () => {
  calls.replaceChildren();
  rows.clear();
  held.clear();
  tell();
});
tell();

// Faults: the form adds a rule, and the list shows the active ones.

let presets = [];

// On a phone the form would cover the calls.
at("faults").open = !matchMedia("(max-width: 48rem)").matches;

async function loadPresets() {
  ({ presets } = await (await fetch("/faults/presets")).json());
  at("preset").replaceChildren(...presets.map(({ name }) => new Option(name.replaceAll("_", " "), name)));
  at("preset").value = "rate_limited";
  explain();
}

/** Says what the chosen fault does. Some make sense at one place only. */
function explain() {
  const chosen = presets.find(({ name }) => name === at("preset").value);
  if (chosen === undefined) return;
  at("preset-says").textContent = `What happens: ${chosen.says}.`;
  for (const [field, value] of [["fault-target", chosen.target], ["fault-path", chosen.path]]) {
    at(field).disabled = value !== undefined;
    if (value !== undefined) at(field).value = value;
    else if (at(field).value === "/.well-known/jwks.json") at(field).value = "";
  }
}

at("preset").addEventListener("change", explain);
at("inject").addEventListener("submit", async (event) => {
  event.preventDefault();
  const rule = {
    match: { target: at("fault-target").value, path: at("fault-path").value.trim() },
    count: Number(at("fault-count").value),
    do: { preset: at("preset").value },
  };
  const answer = await fetch("/faults", { method: "POST", body: JSON.stringify(rule) });
  at("fault-error").hidden = answer.ok;
  at("fault-error").textContent = answer.ok ? "" : (await answer.json()).error;
  await listFaults();
});

async function listFaults() {
  const { faults } = await (await fetch("/faults")).json();
  const list = at("active");
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.id : undefined;
  list.hidden = faults.length === 0;
  list.replaceChildren(...faults.map(activeFault));
  if (focused === undefined) return;

  // The focused button is gone: its new one takes the focus, or after the end of its fault the next one, or the form's.
  const buttons = [...list.querySelectorAll("button")];
  const next = buttons.find(({ dataset }) => dataset.id === focused) ?? buttons[0] ?? at("inject").querySelector("button");
  next.focus();
}

function activeFault({ id, match, do: fault, left, played, probability }) {
  const where = `${names[match.target] ?? match.target}${match.path ? ` ${match.path}` : ""}`;
  const often = left < 0 ? "until ended" : left === 1 ? "the next call" : `the next ${left} calls`;
  const chance = probability === undefined ? "" : `, ${Math.round(probability * 100)} % of calls`;
  const what = (fault.preset ?? "fault").replaceAll("_", " ");
  const item = make("li");
  const end = make("button", "", "End");
  end.type = "button";
  end.dataset.id = id;
  end.setAttribute("aria-label", `End ${what} at ${where}`);
  end.addEventListener("click", async () => {
    await fetch(`/faults/${encodeURIComponent(id)}`, { method: "DELETE" });
    await listFaults();
  });
  item.append(make("span", "fault", what), make("span", "", `${where}: ${often}${chance}; ${played} so far`), end);
  return item;
}

loadPresets();
listFaults();
