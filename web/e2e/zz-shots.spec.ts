import { test } from "@playwright/test";
import { Example } from "./example";
import { demo, logIn, openWindow } from "./journey";
test("shots", async ({ page }) => {
  test.setTimeout(120_000);
  const ex = await Example.start();
  let n = 0;
  const shot = async (name: string) => {
    for (const w of [360, 1440]) for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize({ width: w, height: 800 });
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `/tmp/shots/${String(n).padStart(2, "0")}-${name}-${w}-${colorScheme}.png` });
    }
    n++;
    await page.setViewportSize({ width: 1440, height: 800 });
  };
  await page.goto(ex.partner); await shot("login");
  await page.getByRole("button", { name: "Log in as Ada Lovelace" }).click();
  await page.getByText("Not connected").waitFor(); await shot("none");
  const theirs = await openWindow(page);
  await page.bringToFront(); await shot("waiting");
  await logIn(await openWindow(theirs));
  await theirs.getByLabel("Name").fill("tides");
  await theirs.getByLabel("Primary region").selectOption("us-east-1");
  await theirs.getByRole("button", { name: "Create database" }).click();
  await theirs.getByRole("button", { name: "Connect database" }).click();
  await page.getByText("database.selected").waitFor(); await shot("active");
  await ex.deleteKeys(demo.email);
  await page.waitForTimeout(1500); await page.reload();
  await page.getByText("Reconnect Upstash").waitFor(); await page.waitForTimeout(1500); await shot("paused");
  const again = await openWindow(page, "Reconnect Upstash");
  await again.waitForTimeout(1500);
  await again.screenshot({ path: "/tmp/shots/again.png" });
  await logIn(await openWindow(again, /^(Connect|Reconnect|Use|Log)/ as never));
  await page.getByRole("button", { name: "Disconnect" }).waitFor(); await page.getByText("grant.recovered").waitFor(); await shot("recovered");
  await page.getByRole("button", { name: "Disconnect" }).click();
  await page.getByText("grant.revoked").waitFor(); await shot("revoked");
  await page.goto(ex.partner + "/upstash/return?error=x"); await page.waitForTimeout(100);
  await page.context().clearCookies(); await page.goto(ex.partner + "/upstash/return?code=x"); await shot("nobody");
  await ex.stop();
});
