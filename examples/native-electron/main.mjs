// Electron's main process. The window gets words to show, and nothing else: it cannot start a program or read a file.
import { fileURLToPath } from "node:url";
import { app, BrowserWindow, ipcMain } from "electron";
import { connect, listDatabases } from "./connect.mjs";

const binary = process.env.BFF ?? "bff"; // in a packaged app: path.join(process.resourcesPath, "bff")
const args = process.argv.includes("--sandbox") ? ["--sandbox"] : [];

app.whenReady().then(() => {
  const window = new BrowserWindow({
    width: 480,
    height: 360,
    webPreferences: {
      preload: fileURLToPath(new URL("preload.cjs", import.meta.url)),
      contextIsolation: true,
      nodeIntegration: false,
      sandbox: true,
    },
  });
  window.webContents.setWindowOpenHandler(() => ({ action: "deny" }));
  window.webContents.on("will-navigate", (event) => event.preventDefault());
  window.loadFile("index.html");

  let pending; // one login at a time
  ipcMain.handle("connect", async () => {
    pending?.abort();
    const mine = new AbortController();
    pending = mine;
    try {
      const onEvent = (event) => window.isDestroyed() || window.webContents.send("event", event.event);
      const account = await connect({ binary, args, signal: mine.signal, onEvent });
      return { email: account.email, databases: (await listDatabases({ binary, args })).map(({ name }) => name) };
    } catch (error) {
      return { failed: error.message, code: error.code };
    } finally {
      if (pending === mine) pending = undefined;
    }
  });
  app.on("before-quit", () => pending?.abort());
});

app.on("window-all-closed", () => app.quit());
