// For the tests of one file: a browser, a site of the Player, and the page that a reader has open.
import { after, afterEach, before } from "node:test";
import { launch } from "./browser.mjs";
import { PlayerSite } from "./player-site.mjs";

/** A reader of these files; what was opened is closed after each test. */
export function readerOf(files) {
  const reader = {
    /** A tab of its own context, which keeps what scripts threw in `errors`. */
    async newTab(options) {
      const tab = (reader.tab = await (await reader.browser.newContext(options)).newPage());
      tab.setDefaultTimeout(10_000);
      tab.errors = [];
      tab.on("pageerror", (error) => tab.errors.push(error.message));
      return tab;
    },
    /** Opens an address of the site, or another one, and waits for the Player. */
    async open(address, options) {
      const tab = await reader.newTab(options);
      await tab.goto(new URL(address, reader.site.url).href);
      await tab.waitForSelector(".find", { state: "attached" });
      return tab;
    },
  };
  before(async () => {
    reader.browser = await launch();
    reader.site = await PlayerSite.start(files);
  });
  after(async () => {
    await reader.browser.close();
    await PlayerSite.closeAll();
  });
  afterEach(() => reader.tab?.context().close());
  return reader;
}
