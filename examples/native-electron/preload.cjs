// The only two things the page can do.
const { contextBridge, ipcRenderer } = require("electron");

contextBridge.exposeInMainWorld("upstash", {
  connect: () => ipcRenderer.invoke("connect"),
  onEvent: (show) => ipcRenderer.on("event", (_, name) => show(name)),
});
