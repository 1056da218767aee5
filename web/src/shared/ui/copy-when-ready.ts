/**
 * Puts a text on the clipboard that is still being fetched. Safari forgets the user's press during a fetch, unless the
 * promise itself is given to the clipboard at once. Not every browser takes one.
 */
export async function copyWhenReady(text: Promise<string>): Promise<void> {
  if (typeof ClipboardItem !== "function") {
    await navigator.clipboard.writeText(await text);
    return;
  }
  const blob = text.then((each) => new Blob([each], { type: "text/plain" }));
  blob.catch(() => {}); // write() may reject before it looks at it
  await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
  await text;
}
