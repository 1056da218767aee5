// Writes the generated sources, which are not in the repository: the types of the API document, of which web/ has the
// only copy, and the codes of problems, which those types leave out because the list is open.
import { readFileSync, writeFileSync } from "node:fs";

const here = (path) => new URL(path, import.meta.url);

const document = readFileSync(here("../../openapi.yaml"), "utf8");
const schema = /^ {4}ProblemCode:\n((?: {5,}.*\n)+)/m.exec(document)?.[1] ?? "";
const list = schema.split("x-extensible-enum:\n")[1] ?? "";
const codes = [...list.matchAll(/^ {8}- ([a-z_]+)$/gm)].map(([, code]) => code);
if (codes.length < 40) throw new Error("openapi.yaml has no list of problem codes where this program looks for it");

write("src/schema.gen.ts", readFileSync(here("../../web/src/shared/api/schema.gen.ts"), "utf8"));
write(
  "src/codes.gen.ts",
  `/** The codes of problems that this version of the API has. */
export type KnownCode =
${codes.map((code) => `  | "${code}"`).join("\n")};
`,
);

/** Leaves a file that is current as it is, because make compares times. */
function write(path, text) {
  let old;
  try {
    old = readFileSync(here(path), "utf8");
  } catch {
    // The first time there is no file.
  }
  if (text !== old) writeFileSync(here(path), text);
}
