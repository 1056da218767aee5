import { eachScreen } from "./each-screen";
import { expect, test } from "./test";

test("with reduced motion nothing moves", async ({ page, sandbox }) => {
  test.setTimeout(120_000);
  await page.emulateMedia({ reducedMotion: "reduce" });
  await eachScreen(page, sandbox.app, async (name) => {
    const moving = await page.evaluate(() =>
      document
        .getAnimations()
        .filter((animation) => animation.playState === "running")
        .map((animation) => {
          const { target } = animation.effect as KeyframeEffect;
          return `${target?.tagName} ${target?.className}`;
        }),
    );
    expect(moving, name).toEqual([]);
  });
});

test("with forced colours every control keeps a visible edge, and the focus too", async ({
  page,
  sandbox,
}) => {
  test.setTimeout(120_000);
  await page.emulateMedia({ forcedColors: "active" });
  await eachScreen(page, sandbox.app, async (name) => {
    const invisible = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>("button, input, select, textarea, .button")]
        .filter((element) => element.checkVisibility() && !element.matches("[type=radio], [type=checkbox]"))
        .filter((element) => {
          const { borderTopStyle, borderTopWidth, textDecorationLine } = getComputedStyle(element);
          const edged = borderTopStyle !== "none" && Number.parseFloat(borderTopWidth) > 0;
          return !edged && !textDecorationLine.includes("underline");
        })
        .map((element) => `${element.tagName} ${element.textContent ?? element.getAttribute("name") ?? ""}`),
    );
    expect(invisible, name).toEqual([]);

    await page.keyboard.press("Tab");
    const outline = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement ?? document.body);
      return { outlineStyle, width: Number.parseFloat(outlineWidth) };
    });
    expect(outline.outlineStyle, `${name}: the focus`).not.toBe("none");
    expect(outline.width, `${name}: the focus`).toBeGreaterThanOrEqual(2);
  });
});

test("every control has a name of its own for a screen reader", async ({ page, sandbox }) => {
  test.setTimeout(120_000);
  await eachScreen(page, sandbox.app, async (name) => {
    const controls: string[] = [];
    for (const role of [
      "button",
      "link",
      "textbox",
      "combobox",
      "checkbox",
      "radio",
      "searchbox",
      "tab",
    ] as const) {
      for (const control of await page.getByRole(role).all()) {
        const described = await control.ariaSnapshot();
        const named = /^- (?:'?)[\w-]+ "(?<text>[^"]+)"/.exec(described)?.groups?.text ?? "";
        controls.push(`${role} ${named}`);
        expect(named, `${name}: ${described}`).not.toBe("");
      }
    }
    // Two links may lead to one place; two buttons or fields with one name would be guesswork.
    const ambiguous = controls.filter(
      (control, at) => !control.startsWith("link ") && controls.indexOf(control) !== at,
    );
    expect(ambiguous, name).toEqual([]);
  });
});
