import { incomparable, noteCalibration } from "./screens/calibration";
import { catalogue } from "./screens/catalogue";
import { inspect } from "./screens/inspect";
import { steady } from "./screens/steady";
import { type Language, wordsIn } from "./screens/words";
import { test as base, expect } from "./test";

const languages: Record<Language, string> = { en: "English", de: "German" };

/** Whether pictures are compared is known once for each worker. */
const test = base.extend<object, { notCompared: string | undefined }>({
  notCompared: [
    async ({ browser }, use, { config }) => {
      if (config.updateSnapshots !== "none") await noteCalibration(browser);
      await use(await incomparable(browser));
    },
    { scope: "worker" },
  ],
});

test("the kept pictures are compared", ({ notCompared }) => {
  // A security update of the browser must not stop a build, so only who asks for it makes this a failure.
  if (process.env.TEST_PICTURES_REQUIRED) expect(notCompared).toBeUndefined();
  if (notCompared !== undefined) process.stderr.write(`\nPICTURES NOT COMPARED: ${notCompared}\n\n`);
  test.skip(notCompared !== undefined, `pictures not compared: ${notCompared}`);
});

for (const area of catalogue) {
  for (const language of area.languages ?? (["en", "de"] as const)) {
    test.describe(() => {
      test.use({
        env: area.env ?? {},
        flags: area.flags ?? [],
        locale: language === "en" ? "en-US" : "de-DE",
        timezoneId: "Europe/Berlin",
        colorScheme: "light",
        contextOptions: { reducedMotion: "reduce" },
      });

      test(`${area.name}, in ${languages[language]}`, async ({ page, browser, sandbox, notCompared }) => {
        test.setTimeout(180_000);
        await steady(page.context());
        await page.reload();
        await area.walk({
          page,
          browser,
          sandbox,
          language,
          text: wordsIn(language),
          look: (looked, screen, { repeats = [], part, axe = true } = {}) =>
            test.step(screen, () =>
              inspect(looked, {
                name: `${language}/${screen}`,
                compared: notCompared === undefined,
                axe: axe && language === "en",
                repeats,
                part,
              }),
            ),
        });
      });
    });
  }
}
