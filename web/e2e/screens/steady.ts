import type { BrowserContext } from "@playwright/test";

/**
 * Texts that differ with each run, and what a picture shows instead. All other content is fixed by what the sandbox
 * returns.
 */
const replacements: [pattern: string, text: string][] = [
  ["\\b(localhost|127\\.0\\.0\\.1):\\d+", "$1:8080"],
  [
    "\\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\\b",
    "7c1f4d0e-efb7-4feb-8467-64d8385ea796",
  ],
  ["_API_KEY_\\d{6,}_\\w+", "_API_KEY_1789000000000_k3v9"],
  ["\\b[a-z]+-[a-z]+-\\d{3,6}-([a-z0-9]+-(vector|search))\\b", "amused-lemur-12197-$1"],
  ["^(now|\\d+ minutes? ago)$", "now"],
  ["^(jetzt|vor \\d+ Minuten?)$", "jetzt"],
  ["(tracking id )\\S+", "$1k3v9q7x2m4p8r6t1a5b0"],
  // A date, and the time of day, as the page writes them in English and in German.
  ["\\b[A-Z][a-z]{2} \\d{1,2}, \\d{4}\\b", "Sep 12, 2026"],
  ["\\b\\d{1,2}\\.\\d{1,2}\\.20\\d{2}\\b", "12.09.2026"],
  ["\\b\\d{4}-\\d{2}-\\d{2}([T ])\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?", "2026-09-12$110:20:30"],
  ["\\b\\d{1,2}:\\d{2}:\\d{2}(\\.\\d+)?(\\s[AP]M)?", "10:20:30$2"],
  ["\\b\\d{1,2}:\\d{2}(\\s[AP]M)", "10:20$1"],
  ["(, )\\d{2}:\\d{2}$", "$110:20"],
  ["(\\s)[AP]M\\b", "$1AM"],
  ["(<\\s?)?\\b\\d+([.,]\\d+)?(\\sms)\\b", "23$3"],
  // As the sandbox's console writes it.
  ["\\b\\d{1,2} [A-Z][a-z]+ 20\\d{2}, \\d{2}:\\d{2} UTC", "12 September 2026, 10:20 UTC"],
];

/** Keeps the texts of every page of a context the same in every run, before they are painted. */
export async function steady(context: BrowserContext): Promise<void> {
  await context.addInitScript((given) => {
    const patterns = given.map(([pattern, text]) => [new RegExp(pattern, "g"), text] as const);

    const fixed = (given: string) =>
      patterns.reduce((text, [pattern, by]) => text.replace(pattern, by), given);
    const fix = (node: Node) => {
      // A field that only shows a value, such as a new key.
      if (node instanceof HTMLInputElement && node.readOnly) node.value = fixed(node.value);
      if (node.nodeType !== Node.TEXT_NODE || node.nodeValue === null) return;
      const countdown = node.parentElement?.matches(".countdown-number") === true;
      const requestId = node.parentElement?.closest("[class*=requestId] code") != null;
      const text = fixed(countdown ? "5 s" : requestId ? "k3v9q7x2m4p8r6t1" : node.nodeValue);
      if (text !== node.nodeValue) node.nodeValue = text;
    };
    const fixAll = (root: Node) => {
      fix(root);
      const nodes = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
      for (let node = nodes.nextNode(); node !== null; node = nodes.nextNode()) fix(node);
    };

    // Observers run before the browser paints, so no picture shows a text before it is replaced.
    new MutationObserver((mutations) => {
      for (const { type, target, addedNodes } of mutations) {
        if (type === "characterData") fix(target);
        else addedNodes.forEach(fixAll);
      }
    }).observe(document, { subtree: true, childList: true, characterData: true });
  }, replacements);
}
