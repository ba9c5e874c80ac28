// Drives `hoso serve` as people do. Argument: a JSON object, see tests/it/browser.rs.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync, chmodSync } from "node:fs";
import { pathToFileURL } from "node:url";

const task = JSON.parse(process.argv[2]);
const { chromium } = await import(pathToFileURL(task.playwright).href);
const base = `http://${task.address}`;

const browser = await chromium.launch({
  executablePath: task.chromium,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run"],
});
const context = await browser.newContext({ viewport: { width: 1366, height: 900 }, locale: "vi-VN" });
const page = await context.newPage();
page.setDefaultTimeout(30_000);

// Nothing may be blocked by the policy, fail in a script, or come from elsewhere.
const trouble = [];
page.on("pageerror", (error) => trouble.push(`script: ${error}`));
page.on("console", (message) => {
  if (message.type() === "error" && !/40[149] \(/.test(message.text())) trouble.push(`console: ${message.text()}`);
});
page.on("request", (request) => {
  const url = request.url();
  if (!url.startsWith(base) && !url.startsWith("blob:") && !url.startsWith("data:")) trouble.push(`foreign: ${url}`);
});
// A busy machine sometimes has no frame ready, and Chromium then gives no picture: it is asked again.
const shot = async (name, more = {}) => {
  for (let left = 4; ; left -= 1) {
    try {
      return await page.screenshot({ path: `${task.shots}/${name}.png`, ...more });
    } catch (error) {
      if (!left || !/Unable to capture/.test(error)) throw error;
      await page.waitForTimeout(500);
    }
  }
};
const sealIs = (state) => page.locator(`#seal[data-state=${state}]`).waitFor();
const text = (selector) => page.locator(selector).innerText();

// ---- login ----
await page.goto(`${base}/ho-so`);
assert.match(page.url(), /dang-nhap/);
await shot("01-login");
await page.setViewportSize({ width: 390, height: 844 });
await shot("01-login-narrow");
assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
await page.setViewportSize({ width: 1366, height: 900 });
await page.getByLabel("Tên tài khoản").fill(task.user);
await page.getByLabel("Mật khẩu").fill("không phải mật khẩu");
await page.keyboard.press("Enter");
assert.match(await text("[role=alert]"), /không đúng/);
await page.getByLabel("Tên tài khoản").fill(task.user);
await page.getByLabel("Mật khẩu").fill(task.password);
await page.keyboard.press("Enter");
await page.waitForURL(`${base}/ho-so`);

// ---- search, typed without marks ----
await shot("02-cases");
await page.keyboard.press("/");
assert.match(page.url(), /ho-so/, "no search box here");
await page.getByRole("link", { name: "Tìm kiếm" }).click();
await shot("03-search-empty");
await page.locator("h2").first().click();
await page.keyboard.press("/");
assert.equal(await page.evaluate(() => document.activeElement.id), "q");
await page.keyboard.type(`"cong hoa xa hoi" ho-so:${task.case}`);
// Pictures of lines are held back, to see whether anything moves when they come.
let held = [];
const pictureOfLines = /\/dong\//;
let ask;
const asked = new Promise((resolve) => { ask = resolve; });
await page.route(pictureOfLines, (route) => held ? (held.push(route), ask()) : route.continue());
await page.keyboard.press("Enter");
await page.waitForURL(/\/tim\/\d+$/);
assert.ok(await page.locator(".hit").count() >= 2);
assert.match((await text(".snippet >> nth=0")).toLowerCase(), /cộng h[oò][àa] xã hội/);
assert.equal(await page.locator("#q").inputValue(), `"cong hoa xa hoi" ho-so:${task.case}`);
// ---- the line of each hit, cut out of its page ----
const places = () => page.locator(".hit, .strip").evaluateAll((all) => all.map((one) => {
  const { x, y, width, height } = one.getBoundingClientRect();
  return [x, y + scrollY, width, height];
}));
const empty = await places();
await asked;
const waiting = held;
held = null;
for (const route of waiting) await route.continue();
for (const strip of await page.locator(".strip").all()) await lineIsShown(strip);
await page.evaluate(() => scrollTo(0, 0));
const filled = await places();
assert.equal(filled.length, empty.length);
for (const [n, place] of filled.entries()) {
  for (const [i, at] of place.entries()) assert.ok(Math.abs(at - empty[n][i]) < 1, `moved: ${empty[n]} to ${place}`);
}
await shot("04-results");

/** A picture of a line loads late, fills its place, says its words to who cannot see it, and has print under each frame. */
async function lineIsShown(strip) {
  await strip.scrollIntoViewIfNeeded();
  const img = strip.locator("img");
  assert.equal(await img.getAttribute("loading"), "lazy");
  assert.match((await img.getAttribute("alt")).toLowerCase(), /cộng h[oò][àa] xã hội/);
  const shown = await strip.evaluate(async (strip) => {
    const img = strip.querySelector("img");
    if (!img.complete) await new Promise((done) => { img.onload = done; img.onerror = done; });
    const canvas = new OffscreenCanvas(img.naturalWidth, img.naturalHeight);
    const pen = canvas.getContext("2d");
    pen.drawImage(img, 0, 0);
    const by = img.naturalWidth / strip.querySelector(".boxes").viewBox.baseVal.width;
    const ink = [...strip.querySelectorAll("rect")].map((rect) => {
      const [x, y, w, h] = ["x", "y", "width", "height"].map((name) => Math.round(rect[name].baseVal.value * by));
      const { data } = pen.getImageData(x, y, w, h);
      let dark = 0;
      for (let i = 0; i < data.length; i += 4) if (data[i] + data[i + 1] + data[i + 2] < 380) dark += 1;
      return dark / (data.length / 4);
    });
    const [inner, boxes] = [img, strip.querySelector(".boxes")].map((one) => one.getBoundingClientRect());
    return { ink, width: inner.width, height: inner.height, natural: img.naturalWidth / img.naturalHeight, over: [boxes.width, boxes.height] };
  });
  assert.ok(shown.ink.length >= 4, "four words are framed");
  for (const share of shown.ink) assert.ok(share > 0.03 && share < 0.7, `share of ink in a frame: ${share}`);
  assert.ok(Math.abs(shown.width / shown.natural - shown.height) < 1, JSON.stringify(shown));
  assert.ok(Math.abs(shown.over[0] - shown.width) < 1 && Math.abs(shown.over[1] - shown.height) < 1, JSON.stringify(shown));
}

// ---- first hit: the boxes lie over the picture ----
await page.locator(".hit .to").first().click();
await sealIs("good");
assert.match(await text("#seal"), /KHỚP NIÊM PHONG/);
assert.match(await text("#seal"), /không có giá trị pháp lý/);
const picture = await page.locator(".frame img").boundingBox();
const boxes = await page.locator(".boxes rect").all();
assert.ok(boxes.length >= 4);
for (const box of boxes) {
  const at = await box.boundingBox();
  const inside = at.x >= picture.x - 2 && at.y >= picture.y - 2
    && at.x + at.width <= picture.x + picture.width + 2 && at.y + at.height <= picture.y + picture.height + 2;
  assert.ok(inside && at.width > 4 && at.height > 4, JSON.stringify({ at, picture }));
}
await darkInside();
await shot("05-page");
await shot("06-page-whole", { fullPage: true });

/** There is print under every box: a box beside its word would be over paper only. */
async function darkInside() {
  const shares = await page.evaluate(() => {
    const img = document.querySelector(".frame img");
    const canvas = new OffscreenCanvas(img.naturalWidth, img.naturalHeight);
    const pen = canvas.getContext("2d");
    pen.drawImage(img, 0, 0);
    const view = document.querySelector(".boxes").viewBox.baseVal;
    const by = img.naturalWidth / view.width;
    return [...document.querySelectorAll(".boxes rect")].map((rect) => {
      const [x, y, w, h] = ["x", "y", "width", "height"].map((name) => Math.round(rect[name].baseVal.value * by));
      const { data } = pen.getImageData(x, y, w, h);
      let dark = 0;
      for (let i = 0; i < data.length; i += 4) if (data[i] + data[i + 1] + data[i + 2] < 380) dark += 1;
      return dark / (data.length / 4);
    });
  });
  for (const share of shares) assert.ok(share > 0.03 && share < 0.7, `share of ink under a box: ${share}`);
}

// ---- turning pages, bút lục ----
await page.goto(`${base}/ho-so/${encodeURIComponent(task.case)}`);
await shot("07-case");
const folios = await page.locator(".pages strong").allInnerTexts();
await page.locator(".pages a").first().click();
await page.waitForURL(/\/trang\/1$/);
await page.locator("[rel=next]").click();
await page.waitForURL(/\/trang\/2$/);
await page.keyboard.press("ArrowRight");
await page.waitForURL(/\/trang\/3$/);
await page.keyboard.press("ArrowLeft");
await page.waitForURL(/\/trang\/2$/);
const known = folios.map((label, idx) => [label.replace("BL ", ""), idx + 1]).filter(([label]) => label !== "?");
assert.ok(known.length, `no bút lục was read: ${folios}`);
const [folio, folioPage] = known.at(-1);
await page.getByLabel("Đến bút lục").fill(folio.replace(/^0+/, ""));
await page.keyboard.press("Enter");
await page.waitForURL(new RegExp(`/trang/${folioPage}$`));
await page.getByLabel("Đến bút lục").fill("9999");
await page.keyboard.press("Enter");
assert.match(await text("[role=alert]"), /không có bút lục “9999”/);
await page.goto(`${base}/khong-co`);
await shot("08-not-here");

// ---- a query that means nothing, nothing found ----
await page.goto(base);
await page.fill("#q", "biên *bản");
await page.keyboard.press("Enter");
assert.match(await text("[role=alert]"), /ký tự thứ 6/);
await shot("09-query-problem");
await page.fill("#q", "máy bay lên thẳng");
await page.keyboard.press("Enter");
assert.match(await text("[role=status]"), /Không tìm thấy/);
await shot("10-nothing-found");

// ---- court ----
await page.goto(`${base}/ho-so/${encodeURIComponent(task.case)}/trang/1`);
await page.getByRole("link", { name: "Màn hình phiên tòa" }).click();
await page.waitForURL(/phien-toa\/1$/);
await sealIs("good");
assert.match(await text("#seal"), /✓\s*KHỚP NIÊM PHONG/);
assert.match(await text("#seal .trial"), /không có giá trị pháp lý/);
assert.match(await text("#seal .digest"), /SHA-256 [0-9a-f]{64} · .*trình duyệt/);
await shot("11-court");
const drawn = await page.locator("#stage img").boundingBox();
const stage = await page.locator("#stage").boundingBox();
assert.ok(drawn.height <= stage.height + 1 && drawn.height > stage.height - 2, "the page fills the height");
const onPage = async (n) => {
  await page.waitForURL(new RegExp(`phien-toa/${n}$`));
  await sealIs("good");
  assert.match(await text("#where"), new RegExp(`trang ${n} / 3`));
  assert.equal(await page.locator("#stage img").count(), 1);
};
await page.keyboard.press("ArrowRight");
await onPage(2);
await page.keyboard.press("PageDown");
await onPage(3);
await page.keyboard.press("ArrowRight");
assert.match(await text("#note"), /trang cuối/);
await page.keyboard.press("Home");
await onPage(1);
await page.keyboard.press("End");
await onPage(3);
await page.keyboard.press("PageUp");
await onPage(2);
await page.keyboard.press("ArrowLeft");
await onPage(1);

// Zoom, pan, back.
for (let i = 0; i < 4; i += 1) await page.keyboard.press("+");
assert.equal(await text("#zoom"), "244 %");
const large = await page.locator("#stage img").boundingBox();
assert.ok(Math.abs(large.width / drawn.width - 2.44) < 0.02);
await page.mouse.move(600, 400);
await page.mouse.down();
await page.mouse.move(600, 300, { steps: 4 });
await page.mouse.up();
const moved = await page.locator("#stage img").boundingBox();
assert.ok(Math.abs(large.y - moved.y - 100) < 3, `dragged by ${large.y - moved.y}`);
await page.keyboard.press("Shift+ArrowDown");
assert.ok((await page.locator("#stage img").boundingBox()).y < moved.y - 100);
await shot("12-court-zoomed");
await page.keyboard.press("-");
assert.equal(await text("#zoom"), "195 %");
await page.keyboard.press("0");
assert.equal(await text("#zoom"), "100 %");
await page.keyboard.press("w");
assert.ok((await page.locator("#stage img").boundingBox()).width > stage.width - 2, "fits the width");
await page.keyboard.press("0");

// Jump by typing.
await page.keyboard.type(folio.replace(/^0+/, ""));
assert.equal(await page.locator("#to").inputValue(), folio.replace(/^0+/, ""));
await page.keyboard.press("Enter");
await onPage(folioPage);
await page.keyboard.type("t3");
assert.equal(await page.locator("#to").inputValue(), "t3");
await page.keyboard.press("Enter");
await onPage(3);
await page.keyboard.type("777");
await page.keyboard.press("Enter");
assert.match(await text("#note"), /không có bút lục 777/);
await page.keyboard.press("?");
await shot("13-court-keys");
await page.keyboard.press("Escape");

// ---- somebody changes the master ----
const bytes = readFileSync(task.tampered.file);
bytes[bytes.length >> 1] ^= 1;
chmodSync(task.tampered.file, 0o644);
writeFileSync(task.tampered.file, bytes);
await page.goto(`${base}/ho-so/${encodeURIComponent(task.tampered.case)}/phien-toa/${task.tampered.page}`);
await sealIs("broken");
assert.match(await text("#seal"), /✗\s*SAI LỆCH NIÊM PHONG/);
assert.equal(await page.locator("#stage img").count(), 0, "no picture");
assert.ok(await page.locator("#broken").isVisible());
await shot("14-court-broken");
await page.goto(`${base}/ho-so/${encodeURIComponent(task.tampered.case)}/trang/${task.tampered.page}`);
await sealIs("broken");
assert.equal(await page.locator(".frame img").count(), 0, "no picture");
await shot("15-page-broken");
await page.getByRole("button", { name: "Xem ảnh sai lệch để kiểm tra" }).click();
await page.locator(".frame.untrue img").waitFor();
assert.match(await text(".band"), /KHÔNG DÙNG LÀM CHỨNG CỨ/);
await shot("16-page-deviant");

// ---- somebody changes the text of another page ----
const changed = task.tampered.text;
const words = readFileSync(changed.file, "utf8").replace('CONTENT="', 'CONTENT="GIẢMẠO');
chmodSync(changed.file, 0o644);
writeFileSync(changed.file, words);
await page.goto(`${base}/ho-so/${encodeURIComponent(task.tampered.case)}/trang/${changed.page}`);
await sealIs("good");
assert.match(await text(".text .problem"), /Văn bản khác bản đã niêm phong/);
assert.equal(await page.locator(".text .body").count(), 0, "no text");

// ---- among hits: no line of the changed picture, no word of the changed text, all of the third page ----
await page.goto(base);
await page.fill("#q", `(của HOẶC ngày HOẶC người HOẶC tại HOẶC có) ho-so:${task.tampered.case}`);
await page.keyboard.press("Enter");
await page.waitForURL(/\/tim\/\d+$/);
const linesOf = (n) => page.locator(`.cutout:has(img[src*="/trang/${n}/dong/"])`);
await linesOf(task.tampered.page).scrollIntoViewIfNeeded();
await linesOf(task.tampered.page).locator("figcaption").waitFor();
assert.match(await linesOf(task.tampered.page).innerText(), /^✗ Không hiện ảnh của dòng/);
assert.ok(await linesOf(task.tampered.page).locator(".strip").isHidden());
assert.equal(await linesOf(changed.page).count(), 0, "no text, no line");
const untouched = linesOf([1, 2, 3].find((n) => n !== task.tampered.page && n !== changed.page));
await untouched.scrollIntoViewIfNeeded();
await page.waitForFunction((img) => img.complete && img.naturalWidth > 0, await untouched.locator("img").elementHandle());
assert.ok(await untouched.locator("figcaption").isHidden());
await shot("17-line-withheld", { fullPage: true });

// ---- the PDF viewer asks for parts; they are what was sealed ----
const pdf = await page.evaluate(async (url) => {
  const whole = await (await fetch(url)).arrayBuffer();
  const part = await fetch(url, { headers: { range: "bytes=1-4" } });
  return { size: whole.byteLength, status: part.status, text: await part.text(), of: part.headers.get("content-range") };
}, `/ho-so/${encodeURIComponent(task.case)}/van-ban/1.pdf`);
assert.deepEqual(pdf, { size: pdf.size, status: 206, text: "PDF-", of: `bytes 1-4/${pdf.size}` });

// ---- English ----
await page.goto(`${base}/ho-so/${encodeURIComponent(task.tampered.case)}/trang/${task.tampered.page}`);
await sealIs("broken");
await page.getByRole("button", { name: "English" }).click();
await sealIs("broken");
assert.match(await text("#seal"), /DIFFERS FROM THE SEAL/);

// ---- every screen, in both languages, wide and narrow: nothing sticks out, everything can be read and reached ----
const cased = `/ho-so/${encodeURIComponent(task.case)}`;
const broken = `/ho-so/${encodeURIComponent(task.tampered.case)}`;
await page.goto(base);
await page.fill("#q", "\"cong hoa xa hoi\"");
await page.keyboard.press("Enter");
await page.waitForURL(/\/tim\/\d+$/);
const results = new URL(page.url()).pathname;
const query = results.match(/\d+$/)[0];
await page.fill("#q", "biên *bản");
await page.keyboard.press("Enter");
await page.locator("[role=alert]").waitFor();
const problem = new URL(page.url()).pathname;
// A page of which nothing was changed, if the case file is the same.
const whole = [1, 2, 3].find((n) => n !== task.tampered.page && n !== changed.page);
const screens = {
  search: "/", results, problem, cases: "/ho-so", case: cased, page: `${cased}/trang/${whole}?tim=${query}`, court: `${cased}/phien-toa/1`,
  "not-here": "/khong-co", "no-folio": `${cased}/but-luc?so=9999`,
  "broken-page": `${broken}/trang/${task.tampered.page}`, "broken-text": `${broken}/trang/${changed.page}`,
  "broken-court": `${broken}/phien-toa/${task.tampered.page}`,
};
for (const lang of ["vi", "en"]) {
  await context.addCookies([{ name: "hoso-lang", value: lang, url: base }]);
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: width > 1000 ? 800 : 844 });
    for (const [name, path] of Object.entries(screens)) {
      await page.goto(base + path);
      if (await page.locator("#seal").count()) await page.locator("#seal:not([data-state=checking])").waitFor();
      const at = `${lang}-${width}-${name}`;
      assert.equal(await page.evaluate(() => document.documentElement.lang), lang);
      await readable(at);
      await shot(at);
      await focusIsSeen(at);
    }
  }
}

/** Nothing is wider than the screen or cut off; text stands out from its ground (WCAG 2.2, 1.4.3). */
async function readable(at) {
  const faults = await page.evaluate(() => {
    const faults = [];
    const wide = document.documentElement.scrollWidth - innerWidth;
    if (wide > 0) faults.push(`${wide} px too wide`);
    const numbers = (color) => color.match(/[\d.]+/g).map(Number);
    const over = ([r, g, b, a = 1], under) => [r, g, b].map((c, i) => c * a + under[i] * (1 - a));
    const ground = (element) => {
      if (!element) return [255, 255, 255];
      const own = numbers(getComputedStyle(element).backgroundColor);
      return own[3] === undefined || own[3] === 1 ? own.slice(0, 3) : over(own, ground(element.parentElement));
    };
    const light = (color) => {
      const [r, g, b] = color.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      const element = node.parentElement;
      if (!node.data.trim() || !element.checkVisibility() || element.closest("script, noscript, .unseen, .skip, .off, :disabled")) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const box = range.getBoundingClientRect();
      if (!box.width) continue;
      const said = node.data.trim().slice(0, 40);
      const cut = element.closest(".scroll, h1");
      if (!cut && (box.left < -1 || box.right > innerWidth + 1)) faults.push(`beyond the edge: ${said}`);
      const under = ground(element);
      const style = getComputedStyle(element);
      const [a, b] = [light(over(numbers(style.color), under)), light(under)];
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const size = parseFloat(style.fontSize);
      const enough = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
      if (contrast < enough) faults.push(`contrast ${contrast.toFixed(2)}: ${said}`);
    }
    return faults;
  });
  assert.deepEqual(faults, [], at);
}

/** Every place the Tab key reaches shows that it has the focus. */
async function focusIsSeen(at) {
  const seen = new Set();
  for (let i = 0; i < 60; i += 1) {
    await page.keyboard.press("Tab");
    const place = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      const shown = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
      return { shown, stage: element.id === "stage", what: `${element.outerHTML.slice(0, 80)} ${box.x},${box.y}`, off: box.right < 0 || box.left > innerWidth };
    });
    if (!place || seen.has(place.what)) break;
    seen.add(place.what);
    assert.ok(place.stage || (place.shown && !place.off), `${at}: no focus to be seen on ${place.what}`);
  }
  assert.ok(seen.size > 2, `${at}: the Tab key reaches ${seen.size} places`);
}

await context.addCookies([{ name: "hoso-lang", value: "vi", url: base }]);
await page.goto(`${base}${cased}/trang/1`);
await sealIs("good");
await page.setViewportSize({ width: 1366, height: 900 });
await page.emulateMedia({ media: "print" });
await shot("20-print", { fullPage: true });
await page.emulateMedia({ media: "screen" });

// ---- logout ----
await page.getByRole("button", { name: "Đăng xuất" }).click();
await page.waitForURL(/dang-nhap/);
await page.goBack();
await page.waitForURL(/dang-nhap/);

assert.deepEqual(trouble, []);
await browser.close();
