import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const source = join(__dirname, "..");
const catalogues = join(__dirname, "../../messages");

/** What a user reads is in messages/<language>/*.json. These texts are the same in every language. */
const untranslated = new Set([
  "Upstash",
  "Redis",
  "Vector",
  "Search",
  "QStash",
  "TypeScript",
  "Python",
  "Go",
  "BGE Small EN v1.5",
  "BGE Base EN v1.5",
  "BGE Large EN v1.5",
  "Docker",
]);

/** What a developer pastes into a project or a terminal is code, and its comments are English in every language. */
const pasted = new Set([
  "features/databases/commands.ts",
  "features/databases/env-file.ts",
  "features/databases/snippet-code.ts",
]);

/** The first line of code to paste. */
const pastedImport = /^import \{ \w+ \} from "/;
/** Names of keys (KeyboardEvent.key) and of an authentication scheme (RFC 6750), which no page shows. */
const standardNames = new Set(["Tab", "Escape", "Home", "End", "Bearer"]);

/** Attributes and calls whose strings no user reads. */
const technicalAttributes =
  /^(className|id|htmlFor|href|src|rel|target|type|name|role|method|key|value|autoComplete|d|viewBox|path|strokeLinecap|strokeLinejoin)$/;
const technicalCalls = /^(Error|TypeError|RangeError|querySelector|getElementById|matchMedia|Intl\.\w+)$/;

describe("the message catalogues", () => {
  it("contain every text of the page", () => {
    const found = files(source)
      .filter((path) => /\.tsx?$/.test(path) && !/\.test\.|\.gen\.|\/(test|messages)\//.test(path))
      .filter((path) => !pasted.has(relative(source, path)))
      .flatMap((path) => textsOf(path).map((text) => `${relative(source, path)}: ${text}`));
    expect(found).toEqual([]);
  });

  it("have the same messages with the same placeholders in every language", () => {
    const english = placeholders("en");
    expect(Object.keys(english).length).toBeGreaterThan(0);
    expect(placeholders("de")).toEqual(english);
  });
});

function files(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Texts of a source file that a user would read: text between tags, and literals that look like words. */
function textsOf(path: string): string[] {
  const parsed = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const report = (text: string) => {
    const words = text.replace(/\s+/g, " ").trim();
    if (!untranslated.has(words) && !standardNames.has(words)) found.push(words);
  };

  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node)) {
      if (/\p{L}/u.test(node.text)) report(node.text);
    } else if (
      ts.isStringLiteralLike(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddleOrTemplateTail(node)
    ) {
      if (looksLikeWords(node.text) && !isTechnical(node)) report(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(parsed);
  return found;
}

/** "Create a database" and "Databases", but not "redis.create", "us-east-1", "GET" or "aria-label". */
function looksLikeWords(text: string): boolean {
  if (pastedImport.test(text)) return false;

  return (
    /(^|\s)\p{Lu}\p{Ll}+[\s.,:!?…]*($|\s)/u.test(text) || /^\p{Ll}+ (\p{Ll}+ )+\p{Ll}+/u.test(text.trim())
  );
}

function isTechnical(node: ts.Node): boolean {
  if (isNameOfKey(node)) return true;
  for (let at = node.parent; at !== undefined; at = at.parent) {
    if (ts.isImportDeclaration(at) || ts.isLiteralTypeNode(at)) return true;
    if (ts.isJsxAttribute(at)) return technicalAttributes.test(at.name.getText());
    if ((ts.isNewExpression(at) || ts.isCallExpression(at)) && technicalCalls.test(at.expression.getText()))
      return true;
    if (ts.isStatement(at)) return false;
  }
  return false;
}

/** event.key === "Escape", and the cases of switch (event.key). */
function isNameOfKey(node: ts.Node): boolean {
  const compared = ts.isCaseClause(node.parent)
    ? node.parent.parent.parent.expression
    : ts.isBinaryExpression(node.parent) && node.parent.right === node
      ? node.parent.left
      : undefined;
  return compared?.getText() === "event.key";
}

type Catalogue = { [key: string]: unknown };

/** The placeholders and markup of each message: {name} and {#link}. */
function placeholders(language: string): Record<string, string[]> {
  const messages = files(join(catalogues, language)).map(
    (path) => JSON.parse(readFileSync(path, "utf8")) as Catalogue,
  );
  return Object.fromEntries(
    messages
      .flatMap((file) => Object.entries(file))
      .filter(([key]) => key !== "$schema")
      .map(([key, value]) => [key, used(value)]),
  );
}

function used(message: unknown): string[] {
  return [...new Set(JSON.stringify(message).match(/\{[#/]?[\w-]+/g) ?? [])].sort();
}
