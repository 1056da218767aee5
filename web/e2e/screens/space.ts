import type { Page } from "@playwright/test";

/** By how many pixels the page is wider than its window. */
export function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** What is running of the page's animations and transitions, and the progress bars that the browser animates itself. */
export function motion(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const running = document
      .getAnimations()
      .filter((animation) => animation.playState === "running")
      .map((animation) => (animation.effect as KeyframeEffect).target);
    const bars = [...document.querySelectorAll("progress:indeterminate")].filter((bar) =>
      bar.checkVisibility(),
    );
    return [...running, ...bars].map((element) => `${element?.tagName} ${element?.className}`);
  });
}

/** Elements that hide a part of their own text. */
export function clipped(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>("button, a, h1, h2, h3, label, p, dt, dd, th")]
      .filter((element) => element.checkVisibility())
      .filter((element) => {
        const style = getComputedStyle(element);
        return style.overflow === "hidden" && style.textOverflow !== "ellipsis" && element.clientWidth > 1;
      })
      .filter((element) => element.scrollHeight > element.clientHeight + 1)
      .map((element) => `${element.tagName}: ${element.textContent}`),
  );
}
