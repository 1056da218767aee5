import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { Builder, By, Capabilities, error, type WebDriver, type WebElement } from "selenium-webdriver";
import type { Browser, Engine, Handle, Tab } from "./driver";

const driver = process.env.WEBKIT_DRIVER_PATH;
const miniBrowser = process.env.MINIBROWSER_PATH;
const xvfb = process.env.XVFB_PATH;

/** WebKitGTK, the engine of Safari, in the small browser that its project tests it with. */
export const webkit: Engine = {
  name: "WebKit",
  installed: driver !== undefined && miniBrowser !== undefined && xvfb !== undefined,

  async start() {
    const display = await startDisplay();
    const port = await freePort();
    const server = spawn(driver ?? "", [`--port=${port}`], {
      env: {
        ...process.env,
        DISPLAY: display.name,
        // Neither a graphics card nor a desktop session is needed.
        WEBKIT_DISABLE_COMPOSITING_MODE: "1",
        WEBKIT_DISABLE_DMABUF_RENDERER: "1",
        NO_AT_BRIDGE: "1",
        DBUS_SESSION_BUS_ADDRESS: "disabled:",
        // Its sandbox needs namespaces, which a container seldom has. The pages are the test's own.
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
      },
      stdio: "ignore",
    });
    const address = `http://127.0.0.1:${port}`;
    try {
      await ready(server, address);
    } catch (fault) {
      await end(server);
      await end(display.server);
      throw fault;
    }
    return {
      async open() {
        const capabilities = new Capabilities({
          browserName: "MiniBrowser",
          "webkitgtk:browserOptions": { binary: miniBrowser, args: ["--automation"] },
        });
        return new WebKitBrowser(
          await new Builder().usingServer(address).withCapabilities(capabilities).build(),
        );
      },
      async stop() {
        await end(server);
        await end(display.server);
      },
    };
  },
};

class WebKitBrowser implements Browser {
  private readonly known = new Map<string, Tab>();

  constructor(private readonly session: WebDriver) {}

  async tabs(): Promise<Tab[]> {
    const handles = await this.session.getAllWindowHandles();
    return handles.map((handle) => {
      const tab = this.known.get(handle) ?? new WebKitTab(this.session, handle);
      this.known.set(handle, tab);
      return tab;
    });
  }

  close(): Promise<void> {
    return this.session.quit();
  }
}

class WebKitTab implements Tab {
  constructor(
    private readonly session: WebDriver,
    private readonly handle: string,
  ) {}

  async goto(url: string): Promise<void> {
    await this.enter();
    await this.session.get(url);
  }

  async evaluate<T>(expression: string): Promise<T> {
    await this.enter();
    return this.session.executeScript<T>(`return (${expression})`);
  }

  async find(expression: string): Promise<Handle | null> {
    const found = await this.evaluate<WebElement | null>(expression);
    return found === null ? null : new WebKitElement(found);
  }

  async close(): Promise<void> {
    await this.enter();
    await this.session.close();
  }

  /** The commands of WebDriver Classic go to the tab that was entered last. */
  private enter(): Promise<void> {
    return this.session.switchTo().window(this.handle);
  }
}

class WebKitElement implements Handle {
  constructor(private readonly element: WebElement) {}

  async click(): Promise<void> {
    await this.element.click().catch((fault: unknown) => {
      // A press may close its window before the click is reported as done.
      if (!(fault instanceof error.NoSuchWindowError)) throw fault;
    });
  }

  async type(text: string): Promise<void> {
    await this.element.sendKeys(text);
  }

  async choose(value: string): Promise<void> {
    await this.element.findElement(By.css(`option[value="${value}"]`)).click();
  }
}

/** Starts an X server on the first free display: MiniBrowser has no headless mode. */
async function startDisplay(): Promise<{ server: ChildProcess; name: string }> {
  const flags = ["-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp"];
  const server = spawn(xvfb ?? "", flags, { stdio: ["ignore", "pipe", "ignore"] });
  const [number] = await Promise.race([
    once(server.stdout, "data"),
    once(server, "exit").then(([code]) => {
      throw new Error(`Xvfb ended with ${code}`);
    }),
  ]);
  return { server, name: `:${String(number).trim()}` };
}

/** Waits until the driver accepts connections. */
async function ready(server: ChildProcess, address: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline && server.exitCode === null) {
    const answered = await fetch(`${address}/status`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (answered) return;
    await pause(100);
  }
  throw new Error(`${driver} does not answer; exit code ${server.exitCode}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

/** WebKitWebDriver does not report a port that it chose itself. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  if (!server.listening) await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
