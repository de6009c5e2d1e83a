// The whole story in a real browser, once in each language: North writes and sends, South is told, answers, North proves it.
// Every page is looked at by axe-core and by the camera, at two widths; pictures are build output and never compared.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { PASSWORD, World } from "./world.mjs";

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const pictures = process.env.PICTURES;
const WIDTHS = [1280, 390];
// What a stranger may write: it is text on every page, whatever it looks like.
const HOSTILE = "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'> \"' & {{7*7}}";

const WORDS = {
  en: {
    summary: "Access to the hospital's network is offered for sale in a closed forum.",
    advice: "Disconnect remote access for suppliers, look for the account named below, and change its password.",
    sector: "Health care", organisation: "South Hospital", city: "South City", window: "Within the next three days",
    means: "Stolen credentials of a supplier's maintenance account", source: "Closed forum", note: "We have cut the access and are looking at the logs.",
    amended: "Access to the hospital's network was sold last night.",
  },
  fa: {
    summary: "دسترسی به شبکهٔ بیمارستان در انجمنی بسته برای فروش گذاشته شده است.",
    advice: "دسترسی از راه دورِ پیمانکاران را قطع کنید، حساب نام‌برده را بیابید و گذرواژهٔ آن را عوض کنید.",
    sector: "بهداشت و درمان", organisation: "بیمارستان جنوب", city: "شهر جنوب", window: "در سه روز آینده",
    means: "گذرواژهٔ ربوده‌شدهٔ حساب نگه‌داری یک پیمانکار", source: "انجمن بسته", note: "دسترسی را قطع کردیم و گزارش‌ها را بررسی می‌کنیم.",
    amended: "دسترسی به شبکهٔ بیمارستان دیشب فروخته شد.",
  },
  ru: {
    summary: "Доступ к сети больницы предлагают на закрытом форуме.",
    advice: "Отключите удалённый доступ подрядчиков, найдите названную учётную запись и смените её пароль.",
    sector: "Здравоохранение", organisation: "Южная больница", city: "Южный", window: "В ближайшие три дня",
    means: "Украденный пароль учётной записи подрядчика", source: "Закрытый форум", note: "Мы закрыли доступ и смотрим журналы.",
    amended: "Доступ к сети больницы был продан прошлой ночью.",
  },
};

const STIX = JSON.stringify({
  type: "bundle", id: "bundle--1", objects: [
    { type: "indicator", id: "indicator--1", name: "Login of the maintenance account", pattern: "[user-account:account_login = 'svc-maint']", description: HOSTILE },
    { type: "threat-actor", id: "threat-actor--1", name: "Seller" },
    { type: "relationship", id: "relationship--1", relationship_type: "attributed-to", source_ref: "indicator--1", target_ref: "threat-actor--1" },
  ],
});

let world, browser, north, south;

before(async () => {
  if (pictures) mkdirSync(pictures, { recursive: true });
  world = await new World().build();
  await world.user("north", "writer", "Writer", "duty-officer", "releaser");
  await world.user("south", "officer", "Officer", "duty-officer", "releaser");
  await world.user("south", "reader", "Reader", "reader");
  [north, south] = [await world.console("north"), await world.console("south")];
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
}, { timeout: 120_000 });

after(async () => {
  await browser?.close();
  world?.end();
});

// A person before a console: one browser context, all errors of its pages collected.
class Person {
  static async signIn(address, name, language, options = {}) {
    const person = new Person();
    person.address = address;
    person.language = language;
    person.context = await browser.newContext({ viewport: { width: WIDTHS[0], height: 900 }, locale: language, colorScheme: options.dark ? "dark" : "light" });
    person.page = await person.context.newPage();
    person.errors = [];
    person.page.setDefaultTimeout(15_000);
    person.page.on("pageerror", (error) => person.errors.push(String(error)));
    person.page.on("console", (message) => { if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) person.errors.push(message.text()); });
    await person.page.goto(address);
    if (options.before) await options.before(person);
    await person.page.fill("#name", name);
    await person.page.fill("#password", PASSWORD);
    await Promise.all([person.page.waitForURL((url) => !url.pathname.startsWith("/sign-in")), person.page.click("button.primary")]);
    return person;
  }

  async go(path) {
    const response = await this.page.goto(new URL(path, this.address).href);
    assert.ok(response.ok(), `${path}: ${response.status()}`);
    return response;
  }

  async press(selector) {
    await Promise.all([this.page.waitForEvent("load"), this.page.click(selector)]);
    assert.equal(await this.page.locator(".notice.bad[role=alert]").count(), 0, await this.page.locator("main").innerText());
  }

  // Looks at the page: language, direction, accessibility, no overflow, a picture at each width.
  async look(name) {
    const { page } = this;
    assert.equal(await page.getAttribute("html", "lang"), this.language);
    assert.equal(await page.getAttribute("html", "dir"), this.language === "fa" ? "rtl" : "ltr");
    assert.equal(await page.evaluate(() => window.hacked), undefined, "content became markup");
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await page.evaluate(axe);
      const found = await page.evaluate(async () => (await window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })).violations
        .map((v) => ({ id: v.id, nodes: v.nodes.slice(0, 3).map((n) => `${n.html.slice(0, 160)} | ${n.failureSummary?.split("\n")[1] ?? ""}`) })));
      assert.deepEqual(found, [], `${name} at ${width}: axe-core`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 1, `${name} at ${width}: wider than the screen by ${wide}`);
      if (pictures) await page.screenshot({ path: join(pictures, `${name}-${this.language}-${width}.png`), fullPage: true });
    }
    await page.setViewportSize({ width: WIDTHS[0], height: 900 });
  }

  async leave() {
    assert.deepEqual(this.errors, []);
    await this.context.close();
  }
}

const until = async (what, look, seconds = 30) => {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((done) => setTimeout(done, 300));
  }
};

const text = async (page, selector) => (await page.locator(selector).first().innerText()).replace(/[\u2066-\u2069]/g, "");

for (const language of ["en", "fa", "ru"]) {
  test(`from a warning to its finding, in ${language}`, { timeout: 240_000 }, async () => {
    const words = WORDS[language];
    const writer = await Person.signIn(north, "writer", language, { before: (person) => person.look("sign-in") });
    const officer = await Person.signIn(south, "officer", language, { dark: language === "ru" });
    await officer.look("inbox-before");

    // North writes: coarse to fine, the source closed, a file, and something hostile.
    await writer.go("/compose");
    const { page } = writer;
    await page.check("input[name=recipient][value='south.example']");
    await page.fill("#f-class", "attack.cyber.intrusion");
    await page.check("input[name=urgency][value=flash]");
    for (const [id, value] of Object.entries({
      "f-summary": words.summary, "f-advice": words.advice, "f-target-sector": words.sector, "f-target-organisation": words.organisation,
      "f-place-city": words.city, "f-time-window": words.window, "f-means": words.means, "f-source-kind": words.source,
      "f-actor-name": HOSTILE, "f-rating-reliability": "B", "f-rating-credibility": "2",
    })) await page.fill(`#${id}`, value);
    await page.fill("#f-deadline", new Date(Date.now() + 7_200_000).toISOString().slice(0, 16));
    await page.setInputFiles("#f-file", [
      { name: "indicators.stix", mimeType: "application/octet-stream", buffer: Buffer.from(STIX) },
      { name: "note.html", mimeType: "text/html", buffer: Buffer.from(HOSTILE) },
    ]);
    await writer.look("compose");
    await writer.press("button[name=go][value=preview]");
    assert.ok((await text(page, ".sides")).includes(words.summary));
    // The source is withheld: in no side's view.
    assert.ok(!(await page.locator(".sides").innerText()).includes(words.source));
    await writer.look("preview");
    await writer.press("button.primary");
    await page.waitForURL(/\/sent\//);
    const sent = page.url();

    // South's list brings it by itself, without reloading.
    await officer.page.locator(".row .subject", { hasText: words.summary }).first().waitFor({ timeout: 30_000 });
    await officer.look("inbox");
    // With the keyboard alone.
    await officer.page.keyboard.press("j");
    await Promise.all([officer.page.waitForURL(/\/warnings\//), officer.page.keyboard.press("Enter")]);
    const warning = officer.page.url();
    const id = warning.split("/").pop();
    assert.equal(await text(officer.page, "h1"), words.summary);
    assert.ok((await officer.page.locator(".ladders").first().innerText()).includes("<script>"), "hostile content is shown as text");
    assert.equal(await officer.page.locator("main img, main script").count(), 0);
    assert.equal(await officer.page.locator("ul.objects li").count(), 3);
    await officer.look("warning");

    // A file leaves as a download that cannot run.
    const file = await officer.context.request.get(`${warning}/attachments/2`);
    assert.equal(file.headers()["content-type"], "application/octet-stream");
    assert.match(file.headers()["content-disposition"], /^attachment/);
    assert.match(file.headers()["content-security-policy"], /sandbox/);

    // The case is taken over, a note left, the answer signed.
    await officer.press(`form[action='/warnings/${id}/take'] button`);
    await officer.page.fill(`form[action='/warnings/${id}/note'] textarea`, words.note);
    await officer.press(`form[action='/warnings/${id}/note'] button`);
    await officer.page.check("input[name=status][value=investigating]");
    await officer.page.fill(`form[action='/warnings/${id}/reply'] textarea`, words.note);
    await officer.press(`form[action='/warnings/${id}/reply'] button.primary`);
    await until("the answer stands on the page", async () => {
      await officer.page.reload();
      return (await officer.page.locator("#evidence tr.shown").count()) >= 5;
    }, 60);
    await officer.look("warning-answered");
    await officer.go(`/warnings/${id}/print`);
    await officer.look("print");

    // North sees the steps grow to a person's answer.
    await until("North sees the answer", async () => {
      await page.goto(sent);
      const last = await page.locator("table.timeline").first().locator("tbody tr").last().getAttribute("class");
      return last.startsWith("shown present") && (await page.locator(".finding-short.proven").count()) === 1;
    }, 60);
    await writer.look("sent");

    // An amendment shows its difference, and goes to the same party.
    await writer.press("form[action$='/amend'] button");
    await page.fill("#f-summary", words.amended);
    await page.fill("#f-reason", words.amended);
    await writer.press("button[name=go][value=preview]");
    assert.equal(await text(page, "del"), words.summary);
    assert.equal(await text(page, "ins"), words.amended);
    await writer.look("amend");
    await writer.press("button.primary");
    await writer.go("/sent");
    await writer.look("sent-list");

    // A call on record, then the dossier: the finding that a stranger gets, and the file that proves it.
    await writer.go(`/dossier?about=${sent.split("/").pop()}`);
    await writer.look("dossier");
    await writer.press("button.primary");
    assert.equal(await page.locator(".finding.proven").count(), 1);
    assert.ok(!(await page.locator("main").innerText()).includes(words.source), "the source stays closed");
    await writer.look("finding");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("form[action='/dossier/export'] button")]);
    const dossier = join(world.root, `${language}.dossier.json`);
    await download.saveAs(dossier);
    const finding = await world.monition("judge", dossier, "--trust", "trust.policy");
    assert.equal(finding.answer, "proven");
    assert.equal(finding.step, "acknowledged");
    assert.equal(finding.reply, "investigating");

    // South's search finds it, whatever the keyboard wrote.
    const typed = language === "fa" ? "بيمارستان شبكه" : language === "ru" ? "БОЛЬНИЦЫ" : "HOSPITAL'S network";
    await officer.go(`/?q=${encodeURIComponent(typed)}`);
    assert.ok((await officer.page.locator(".row").count()) >= 1, `nothing found for ${typed}`);
    for (const [path, name] of [["/shift", "shift"], ["/desk", "desk"], ["/journal", "journal"], ["/releases", "releases"], ["/dossier", "dossier-any"]]) {
      await officer.go(path);
      await officer.look(name);
    }
    const journal = await world.monition("desk", "journal", "--dir", "south");
    const acts = journal.journal.filter((entry) => entry.subject === id).map((entry) => entry.act);
    for (const act of ["viewed", "printed", "downloaded", "took-over", "handed-over", "replied"]) assert.ok(acts.includes(act), `${act} is not in the journal`);
    await writer.leave();
    await officer.leave();
  });
}

test("a reader reads and cannot sign, and a stranger gets nothing", { timeout: 60_000 }, async () => {
  const reader = await Person.signIn(south, "reader", "en");
  await reader.page.locator(".row .subject").first().click();
  await reader.page.waitForURL(/\/warnings\//);
  assert.equal(await reader.page.locator("form[action$='/reply']").count(), 0);
  const csrf = await reader.page.locator("input[name=csrf]").first().inputValue();
  const forged = await reader.context.request.post(`${reader.page.url()}/reply`, { form: { csrf, status: "acknowledged" } });
  assert.equal(forged.status(), 403, "a role is asked for behind the page as well");
  const stale = await reader.context.request.post(new URL("/shift", south).href, { form: { csrf: "wrong", text: "x" } });
  assert.equal(stale.status(), 403);
  assert.equal((await reader.context.request.get(new URL("/compose", south).href)).status(), 403);
  await reader.leave();

  const stranger = await browser.newContext();
  for (const path of ["/", "/journal", "/desk", "/events"]) {
    const answer = await stranger.request.get(new URL(path, south).href, { maxRedirects: 0 });
    assert.equal(answer.status(), 303, path);
  }
  const page = await stranger.newPage();
  const first = await page.goto(south);
  const policy = first.headers()["content-security-policy"];
  assert.ok(policy.includes("default-src 'none'") && !policy.includes("unsafe"), policy);
  // A name that somebody else made to point here.
  const rebound = await stranger.request.get(south, { headers: { Host: "evil.example" }, maxRedirects: 0 });
  assert.equal(rebound.status(), 421);
  await stranger.close();
});

test("every page works without scripts", { timeout: 60_000 }, async () => {
  const context = await browser.newContext({ javaScriptEnabled: false, locale: "en" });
  const page = await context.newPage();
  await page.goto(south);
  await page.fill("#name", "officer");
  await page.fill("#password", PASSWORD);
  await page.click("button.primary");
  await page.locator(".row .subject").first().click();
  await page.waitForURL(/\/warnings\//);
  await page.click("form[action='/language'] button[value=fa]");
  assert.equal(await page.getAttribute("html", "dir"), "rtl");
  await page.click("form[action='/language'] button[value=en]");
  await page.click("form[action='/theme'] button");
  assert.equal(await page.getAttribute("html", "data-theme"), "light");
  await context.close();
});

test("wrong passwords are slowed down", { timeout: 60_000 }, async () => {
  const context = await browser.newContext();
  const tries = [];
  for (let n = 0; n < 7; n += 1) tries.push((await context.request.post(new URL("/sign-in", south).href, { form: { name: "nobody", password: "wrong" } })).status());
  assert.deepEqual(tries.slice(0, 5), [401, 401, 401, 401, 401]);
  assert.deepEqual(tries.slice(5), [429, 429]);
  await context.close();
});
