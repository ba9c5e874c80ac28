// The court screen. Picture and seal line always change together: a line never stands under another page's picture.
import { LoggedOut, digests, fetchChecked, sign, unchecked } from "./seal.js";

const court = JSON.parse(document.getElementById("court").textContent);
const { leaves, words, seal } = court;
const $ = (id) => document.getElementById(id);
const stage = $("stage");

// ---- pages and their proofs ----

let at = court.start;
/** Pages fetched and checked; a few neighbours only. @type {Map<number, Promise<any>>} */
const known = new Map();

/** The checked page, its picture decoded. */
function leaf(idx) {
  const found = known.get(idx);
  if (found) return found;
  const made = fetchChecked(leaves[idx].picture, seal).then(async (checked) => {
    if (checked.state !== "good" || !checked.blob) return { checked, img: null };
    const img = new Image();
    img.alt = `${seal.picture_of} ${idx + 1}`;
    img.draggable = false;
    img.src = URL.createObjectURL(checked.blob);
    try {
      await img.decode();
      return { checked, img };
    } catch {
      return { checked: unchecked(seal, seal.cannot_show), img: null };
    }
  }).catch((problem) => {
    known.delete(idx);
    const lost = problem instanceof LoggedOut;
    return { checked: unchecked(seal, lost ? seal.logged_out : String(problem.message ?? problem)), img: null, lost };
  });
  known.set(idx, made);
  return made;
}

/** Only the page shown and its neighbours stay in memory. */
function forget() {
  for (const [idx, made] of known) {
    if (Math.abs(idx - at) <= 2) continue;
    known.delete(idx);
    made.then(({ img }) => img && URL.revokeObjectURL(img.src));
  }
}

async function go(idx) {
  if (idx < 0 || idx >= leaves.length) return note(idx < 0 ? words.first : words.last);
  at = idx;
  name();
  clear();
  const waiting = setTimeout(() => { if (at === idx) $("wait").hidden = false; }, 150);
  const { checked, img, lost } = await leaf(idx);
  clearTimeout(waiting);
  if (at !== idx) return;
  $("wait").hidden = true;
  if (lost) return location.assign(`${court.login}?ve=${encodeURIComponent(leaves[at].here)}`);
  if (img) {
    stage.prepend(img);
    fit();
  } else {
    refuse(checked);
  }
  say(checked);
  forget();
  for (const next of [idx + 1, idx - 1]) if (leaves[next]) leaf(next);
}

/** No picture, no verdict. */
function clear() {
  stage.querySelector("img")?.remove();
  $("broken").hidden = true;
  $("note").hidden = true;
  say({ state: "checking", headline: "", detail: seal.checking, trial: null, digest: "" });
}

function name() {
  const { folio, document: doc, here, close } = leaves[at];
  $("folio").textContent = folio ? `${words.folio} ${folio}` : words.no_folio;
  $("where").textContent = `${words.page} ${at + 1} / ${leaves.length} · ${doc} · ${court.code}`;
  $("previous").disabled = at === 0;
  $("next").disabled = at === leaves.length - 1;
  $("close").href = close;
  history.replaceState(null, "", here);
}

function say(checked) {
  const line = $("seal");
  line.dataset.state = checked.state;
  line.querySelector(".sign").textContent = sign(checked.state);
  line.querySelector(".headline").textContent = checked.headline;
  line.querySelector(".detail").textContent = checked.detail;
  line.querySelector(".digest").textContent = checked.digest;
  const trial = line.querySelector(".trial");
  trial.hidden = !checked.trial;
  trial.textContent = checked.trial ? `⚠ ${checked.trial}` : "";
}

/** What stands in the place of a page that is not evidence. */
function refuse(checked) {
  const panel = $("broken");
  panel.querySelector("h2").textContent = checked.headline;
  panel.querySelector(".why").textContent = checked.detail;
  panel.querySelector(".not").textContent = seal.withheld;
  digests(panel.querySelector("dl"), checked, seal);
  panel.hidden = false;
}

let noteEnds = 0;
function note(text) {
  const line = $("note");
  line.textContent = text;
  line.hidden = false;
  clearTimeout(noteEnds);
  noteEnds = setTimeout(() => { line.hidden = true; }, 4000);
}

// ---- zoom and pan: scale is relative to the page that fills the screen ----

const MOST = 10;
let scale = 1, x = 0, y = 0;

function sizes() {
  const img = stage.querySelector("img");
  if (!img) return null;
  const whole = Math.min(stage.clientWidth / img.naturalWidth, stage.clientHeight / img.naturalHeight);
  return { img, whole, width: img.naturalWidth * whole * scale, height: img.naturalHeight * whole * scale };
}

function place() {
  const now = sizes();
  if (!now) return;
  const keep = (pos, size, room) => (size <= room ? (room - size) / 2 : Math.min(0, Math.max(room - size, pos)));
  x = keep(x, now.width, stage.clientWidth);
  y = keep(y, now.height, stage.clientHeight);
  now.img.style.transform = `translate(${x}px, ${y}px) scale(${now.whole * scale})`;
  $("zoom").textContent = `${Math.round(scale * 100)} %`;
  stage.classList.toggle("zoomed", scale > 1);
}

function fit() {
  scale = 1;
  x = y = 0;
  place();
}

function fitWidth() {
  const now = sizes();
  if (!now) return;
  scale = Math.max(1, Math.min(MOST, stage.clientWidth / (now.img.naturalWidth * now.whole)));
  x = y = 0;
  place();
}

/** Zooms so that what is under a point stays there. */
function zoom(factor, px = stage.clientWidth / 2, py = stage.clientHeight / 2) {
  const to = Math.min(MOST, Math.max(1, scale * factor));
  x = px - (px - x) * (to / scale);
  y = py - (py - y) * (to / scale);
  scale = to;
  place();
}

function pan(dx, dy) {
  x += dx;
  y += dy;
  place();
}

stage.addEventListener("wheel", (event) => {
  event.preventDefault();
  const box = stage.getBoundingClientRect();
  zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15, event.clientX - box.left, event.clientY - box.top);
}, { passive: false });
stage.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || scale <= 1) return;
  stage.setPointerCapture(event.pointerId);
  stage.classList.add("held");
});
stage.addEventListener("pointermove", (event) => {
  if (stage.hasPointerCapture(event.pointerId)) pan(event.movementX, event.movementY);
});
for (const end of ["pointerup", "pointercancel"]) {
  stage.addEventListener(end, () => stage.classList.remove("held"));
}
new ResizeObserver(place).observe(stage);

// ---- keys, buttons, jump ----

const plain = (label) => label.trim().toLowerCase().replace(/^0+(?=.)/, "");

function jump(text) {
  const asked = text.trim();
  if (!asked) return;
  const page = /^t\s*(\d+)$/i.exec(asked);
  if (page) {
    const idx = Number(page[1]) - 1;
    return leaves[idx] ? go(idx) : note(`${words.missing_page} ${page[1]}.`);
  }
  const found = leaves.flatMap(({ folio }, idx) => (folio && plain(folio) === plain(asked) ? [idx] : []));
  if (!found.length) return note(`${words.missing} ${asked}.`);
  go(found[0]).then(() => { if (found.length > 1) note(words.several); });
}

$("jump").addEventListener("submit", (event) => {
  event.preventDefault();
  const asked = $("to").value;
  $("to").value = "";
  stage.focus();
  jump(asked);
});

function full() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen?.().catch(() => {});
}

const commands = {
  previous: () => go(at - 1), next: () => go(at + 1), in: () => zoom(1.25), out: () => zoom(1 / 1.25), fit, width: fitWidth,
  full, help: () => $("keys").showModal(),
};
for (const [id, run] of Object.entries(commands)) $(id).addEventListener("click", () => { run(); if (id !== "help") stage.focus(); });

const PAN = 120;
const shifted = { ArrowLeft: [PAN, 0], ArrowRight: [-PAN, 0], ArrowUp: [0, PAN], ArrowDown: [0, -PAN] };
const pressed = {
  ArrowRight: commands.next, ArrowDown: commands.next, PageDown: commands.next, " ": commands.next,
  ArrowLeft: commands.previous, ArrowUp: commands.previous, PageUp: commands.previous,
  Home: () => go(0), End: () => go(leaves.length - 1),
  "+": commands.in, "=": commands.in, "-": commands.out, 0: fit, "?": commands.help,
};
// Letters by their place on the keyboard: Telex turns them into others.
const placed = { KeyF: full, KeyW: fitWidth, KeyH: () => document.body.classList.toggle("bare") };

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || $("keys").open) return;
  if (event.target === $("to")) {
    if (event.key === "Escape") {
      $("to").value = "";
      stage.focus();
    }
    return;
  }
  const onControl = event.target instanceof HTMLElement && event.target.closest("button, a");
  if (onControl && (event.key === " " || event.key === "Enter")) return;
  if (event.shiftKey && shifted[event.key]) {
    pan(...shifted[event.key]);
    return event.preventDefault();
  }
  // A digit begins a bút lục: it is typed into the box.
  if (/^[1-9]$/.test(event.key) || event.code === "KeyT") {
    document.body.classList.remove("bare");
    $("to").value = "";
    return $("to").focus();
  }
  const run = pressed[event.key] ?? placed[event.code];
  if (run) {
    event.preventDefault();
    run();
  }
});

// A court screen that is open is in use; the server's ten hours still end it.
setInterval(() => fetch(court.alive, { method: "POST" }).catch(() => {}), 4 * 60 * 1000);

go(at);
