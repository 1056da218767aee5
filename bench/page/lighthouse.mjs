// What a first visit to the page costs on a slow phone: Lighthouse's mobile preset (a mid-range phone on slow 4G,
// simulated) against its own sandbox. `node lighthouse.mjs [runs]`; BFF_BINARY names another binary, so that two
// can be compared. Prints every figure as JSON on standard output, one line in words on standard error, and fails over
// the budget.
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";
import { chromeFlags, chromePath, startSandbox } from "./sandbox.mjs";

const budget = { bytes: 115_000, performance: 98 };
const runs = Number(process.argv[2] ?? 3);

/** One visit with nothing cached, in its own browser. */
async function visit(url) {
  const chrome = await launch({ chromePath, chromeFlags });
  try {
    const { lhr } = await lighthouse(url, {
      port: chrome.port,
      logLevel: "error",
      onlyCategories: ["performance", "accessibility", "best-practices"],
    });
    if (lhr.runtimeError !== undefined) throw new Error(lhr.runtimeError.message);
    return figures(lhr);
  } finally {
    await chrome.kill();
  }
}

function figures(lhr) {
  const score = (name) => Math.round(lhr.categories[name].score * 100);
  const value = (name) => lhr.audits[name].numericValue;
  const requests = lhr.audits["network-requests"].details.items;
  return {
    bytes: Math.round(value("total-byte-weight")),
    performance: score("performance"),
    accessibility: score("accessibility"),
    best_practices: score("best-practices"),
    first_contentful_paint_ms: Math.round(value("first-contentful-paint")),
    largest_contentful_paint_ms: Math.round(value("largest-contentful-paint")),
    total_blocking_ms: Math.round(value("total-blocking-time")),
    layout_shift: Number(value("cumulative-layout-shift").toFixed(4)),
    requests: requests.map(({ url, transferSize }) => ({ path: new URL(url).pathname, bytes: transferSize })),
  };
}

/** The run in the middle, by performance and then by the largest paint: the machine is never quite quiet. */
function median(all) {
  const order = (a, b) =>
    a.performance - b.performance || b.largest_contentful_paint_ms - a.largest_contentful_paint_ms;
  return all.toSorted(order)[Math.floor(all.length / 2)];
}

const sandbox = await startSandbox();
const all = [];
try {
  for (let run = 1; run <= runs; run++) {
    process.stderr.write(`visit ${run} of ${runs}\n`);
    all.push(await visit(sandbox.app));
  }
} finally {
  await sandbox.stop();
}

const middle = median(all);
process.stdout.write(
  `${JSON.stringify({ budget, runs: all.map(({ performance }) => performance), ...middle }, null, 2)}\n`,
);
const { bytes, performance, accessibility, best_practices, layout_shift } = middle;
process.stderr.write(
  `first load on a slow phone: ${(bytes / 1000).toFixed(1)} KB (at most ${budget.bytes / 1000}), ` +
    `performance ${performance} (goal ${budget.performance}), accessibility ${accessibility}, ` +
    `best practices ${best_practices}, layout shift ${layout_shift}\n`,
);
// Bytes are the same on every machine. The score is not: it is printed, and fails nothing.
if (bytes > budget.bytes) process.exitCode = 1;
