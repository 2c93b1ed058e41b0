// SPDX-License-Identifier: Apache-2.0
// Every text in every language.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { check, goTo, openPage, startServer, test, WEB } from "./harness.mjs";

const folder = path.join(WEB, "src/i18n");
const read = (language) => JSON.parse(readFileSync(path.join(folder, `${language}.json`), "utf8"));
const languages = readdirSync(folder).filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -5));
const english = read("en");
const base = (key) => key.replace(/_(zero|one|two|few|many|other)$/, "");
const plurals = new Set(Object.keys(english).filter((key) => key.endsWith("_other")).map(base));
const keysOf = (texts) => [...new Set(Object.keys(texts).map((key) => (plurals.has(base(key)) ? base(key) : key)))].sort();
const slots = (text) => [...text.matchAll(/\{\w+\}/g)].map(([slot]) => slot);

test("every language has every text, with the plural forms that it needs", () => {
  for (const language of languages) {
    const texts = read(language);
    check(`keys of ${language}`, keysOf(texts), keysOf(english));
    // Spanish and French have a form for whole millions only; it reads as the others do.
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories.filter((form) => language === "ru" || form !== "many");
    const missing = [...plurals].flatMap((key) => forms.map((form) => `${key}_${form}`)).filter((key) => !(key in texts));
    check(`plural forms of ${language}`, missing, []);
  }
});

test("no language fills in what the English text does not know", () => {
  for (const language of languages) {
    const wrong = Object.entries(read(language)).filter(([key, text]) => {
      const known = slots(english[key] ?? english[`${base(key)}_other`]);
      return slots(text).some((slot) => !known.includes(slot)) || known.some((slot) => slot !== "{n}" && !slots(text).includes(slot));
    });
    check(`slots of ${language}`, wrong, []);
  }
});

function sources(at) {
  return readdirSync(at, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? sources(path.join(at, entry.name)) : /\.tsx?$/.test(entry.name) ? [readFileSync(path.join(at, entry.name), "utf8")] : []);
}

test("every text that the source asks for is there, and none is left over", () => {
  const all = sources(path.join(WEB, "src")).join("\n");
  const asked = [...all.matchAll(/\bt\(\s*"([\w.]+)"/g)].map(([, key]) => key);
  const known = new Set(keysOf(english));
  check("texts asked for but missing", asked.filter((key) => !known.has(key)), []);
  const made = [...all.matchAll(/`([a-zA-Z]+\.[\w]*)\$\{/g)].map(([, start]) => start);
  const unused = [...known].filter((key) => !all.includes(`"${key}"`) && !made.some((start) => key.startsWith(start)));
  check("texts that nothing asks for", unused, []);
});

test("every reason of the engine has a text", () => {
  const header = readFileSync(path.join(WEB, "../include/pare/error.h"), "utf8");
  const names = [...header.matchAll(/X\(PARE_\w+,\s*\d+,\s*"(\w+)"/g)].map(([, name]) => name).filter((name) => name !== "ok");
  check("reasons without a text", names.filter((name) => !(`reason.${name}` in english)), []);
});

test("a chosen language is kept, and the browser's own is taken before that", async () => {
  const server = await startServer();
  const page = await openPage(server, { locale: "ru-RU" });
  await page.waitForSelector(`text=${read("ru")["drop.title"]}`);
  await page.selectOption(".language select", "fr");
  await page.waitForSelector(`text=${read("fr")["drop.title"]}`);
  await page.reload();
  await page.waitForSelector(`text=${read("fr")["drop.title"]}`);
  check("language of the document", await page.evaluate(() => document.documentElement.lang), "fr");
  check("problems", page.problems, []);
});

test("no language is too wide for a phone", async () => {
  const server = await startServer();
  const page = await openPage(server, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  for (const language of languages) {
    await page.selectOption(".language select", language);
    await page.waitForFunction((text) => document.body.textContent.includes(text), read(language)["nav.activity"]);
    for (const route of ["/", "/activity", "/history"]) {
      await goTo(page, route);
      await page.waitForFunction((to) => document.querySelector("nav [aria-current]")?.getAttribute("href") === `#${to}`, route);
      const wide = await page.evaluate(() => {
        const nav = document.querySelector(".top nav");
        return [document.documentElement.scrollWidth - innerWidth, nav.scrollWidth - nav.clientWidth];
      });
      check(`${route} in ${language}: pixels too many, of the page and of its navigation`, wide, [0, 0]);
    }
  }
  check("problems", page.problems, []);
});
