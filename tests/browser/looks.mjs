// Pictures of what readers see, to be looked at by people: desktop, phone, dark, Play, print, and a page from right to left.
//
//   node tests/browser/looks.mjs [FOLDER]      writes them to FOLDER, target/looks if none is named
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch } from "./browser.mjs";
import { Dev } from "./dev.mjs";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const out = process.argv[2] ?? join(ROOT, "target/looks");
const RTL = `---\nlang: ar\n---\n\n# القطع\n\nتتحرك كل قطعة بطريقة مختلفة. انظر \`const x = 1\` في النص.\n\n## كيف تتحرك\n\n1. الملك مربع واحد\n2. الوزير في كل اتجاه\n\n- [ ] مهمة أولى\n- [x] مهمة ثانية\n\n> [!NOTE]\n> ملاحظة قصيرة عن القواعد.\n\n\`\`\`js\nconst king = "K"; // from left to right\n\`\`\`\n\n| القطعة | القيمة |\n| --- | --- |\n| الوزير | 9 |\n\n## الخاتمة\n\n${"فقرة طويلة تتكرر حتى تمتلئ الصفحة. ".repeat(40)}\n`;
const DESKTOP = { width: 1280, height: 850 }, TABLET = { width: 1024, height: 768 }, PHONE = { width: 390, height: 844 };

/** Name, site, address, and how it is looked at; `act` is done in the page before. */
const LOOKS = [
  ["desktop", "handbook", "/", { viewport: DESKTOP }],
  ["desktop-dark-read-on", "handbook", "/markdown.reference", { viewport: DESKTOP, colorScheme: "dark", act: "scrollTo(0, 1500)" }],
  ["desktop-wide", "handbook", "/first-site.guide", { viewport: { width: 1600, height: 900 } }],
  ["tablet-marks", "handbook", "/markdown.reference", { viewport: TABLET, act: "scrollTo(0, 1500)" }],
  ["tablet-words", "handbook", "/markdown.reference", { viewport: TABLET, act: "pmx.openContents()" }],
  ["phone", "handbook", "/", { viewport: PHONE }],
  ["phone-open-dark", "handbook", "/", { viewport: PHONE, colorScheme: "dark", act: "pmx.foldBar(true)" }],
  ["phone-pages", "handbook", "/", { viewport: PHONE, act: "document.querySelector('.pmx-site-menu').open = true" }],
  ["phone-end", "handbook", "/commands.reference", { viewport: PHONE, act: "scrollTo(0, document.documentElement.scrollHeight)" }],
  ["play", "handbook", "/?play", { viewport: DESKTOP }],
  ["play-phone-dark", "handbook", "/?play", { viewport: PHONE, colorScheme: "dark" }],
  ["print", "handbook", "/markdown.reference", { viewport: DESKTOP, colorScheme: "dark", media: "print" }],
  ["right-to-left", "rtl", "/pieces", { viewport: DESKTOP }],
  ["right-to-left-phone-dark", "rtl", "/pieces", { viewport: PHONE, colorScheme: "dark", act: "pmx.foldBar(true)" }],
  ["right-to-left-play", "rtl", "/pieces?play", { viewport: DESKTOP }],
  ["right-to-left-print", "rtl", "/pieces", { viewport: DESKTOP, media: "print" }],
];

const folder = await mkdtemp(join(tmpdir(), "pmx-looks-"));
const browser = await launch();
const served = {};
try {
  await mkdir(out, { recursive: true });
  await cp(join(ROOT, "examples/handbook"), join(folder, "handbook"), { recursive: true });
  await mkdir(join(folder, "rtl/paths"), { recursive: true });
  await writeFile(join(folder, "rtl/paths/index.path.md"), "---\nlang: ar\n---\n\n# دليل الشطرنج\n\n## البداية\n\n- [القطع](./pieces.md)\n");
  await writeFile(join(folder, "rtl/paths/pieces.md"), RTL);
  for (const site of ["handbook", "rtl"]) served[site] = await Dev.start(join(folder, site), join(folder, `${site}-state`), { site: ["--site", site] });
  for (const [name, site, address, { viewport, colorScheme = "light", act, media = "screen" }] of LOOKS) {
    const phone = viewport === PHONE;
    const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce", isMobile: phone, hasTouch: phone });
    const page = await context.newPage();
    await page.goto(served[site].url + address);
    await page.waitForFunction(() => window.pmx?.chrome && document.readyState === "complete" && pmx.floating.rests);
    await page.keyboard.press("Shift"); // from here on the page is its reader's
    if (act) await page.evaluate(act);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    await page.waitForFunction(() => pmx.floating.rests);
    await page.emulateMedia({ media, colorScheme });
    await page.screenshot({ path: join(out, `${name}.png`) });
    await context.close();
  }
  process.stdout.write(`${LOOKS.length} pictures in ${out}\n`);
} finally {
  for (const dev of Object.values(served)) await dev.stop();
  await browser.close();
  await rm(folder, { recursive: true, force: true });
}
