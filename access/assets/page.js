// The page view: draws the picture only when its bytes match the seal; turns pages with the arrow keys.
import { LoggedOut, digests, fetchChecked, sign, unchecked } from "./seal.js";

const words = JSON.parse(document.getElementById("seal-words").textContent);
const figure = document.getElementById("picture");
const frame = figure.querySelector(".frame");
const deviant = figure.querySelector(".deviant");
const line = document.getElementById("seal");

/** @param {import("./seal.js").Checked} checked */
function say(checked) {
  line.dataset.state = checked.state;
  line.querySelector(".sign").textContent = sign(checked.state);
  const said = line.querySelector(".said");
  const headline = document.createElement("strong");
  headline.textContent = checked.headline;
  said.replaceChildren(headline, ` · ${checked.detail} `);
  if (checked.trial) {
    const trial = document.createElement("span");
    trial.className = "trial";
    trial.textContent = `⚠ ${checked.trial}`;
    said.append(trial);
  }
  if (checked.digest) line.title = checked.digest;
}

/** @param {Blob} blob */
async function draw(blob) {
  const img = new Image();
  img.alt = `${words.picture_of} ${figure.dataset.alt.match(/\d+$/)?.[0] ?? ""}`;
  if (figure.dataset.width) {
    img.width = Number(figure.dataset.width);
    img.height = Number(figure.dataset.height);
  }
  img.src = URL.createObjectURL(blob);
  await img.decode();
  frame.prepend(img);
}

async function show() {
  let checked;
  try {
    checked = await fetchChecked(figure.dataset.src, words);
    if (checked.state === "good" && checked.blob) {
      await draw(checked.blob).catch(() => { checked.detail += ` · ${words.cannot_show}`; });
    }
  } catch (problem) {
    checked = unchecked(words, problem instanceof LoggedOut ? words.logged_out : String(problem.message ?? problem));
  }
  say(checked);
  figure.dataset.state = checked.state;
  if (checked.state === "good") return;
  frame.hidden = true;
  if (checked.state === "broken") {
    digests(deviant.querySelector("dl"), checked, words);
    deviant.hidden = false;
  }
}

/** Looking at what deviates is possible here, never in court: grey, with a band across. */
deviant.querySelector("button").addEventListener("click", async (event) => {
  event.currentTarget.disabled = true;
  const checked = await fetchChecked(`${figure.dataset.src}?sai-lech=1`, words).catch(() => null);
  if (!checked?.blob) return;
  const band = document.createElement("p");
  band.className = "band";
  band.textContent = words.not_evidence;
  frame.classList.add("untrue");
  frame.append(band);
  frame.hidden = false;
  await draw(checked.blob).catch(() => frame.append(words.cannot_show));
});

addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const rel = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  const link = rel && document.querySelector(`.turn a[rel=${rel}]`);
  if (link instanceof HTMLElement) {
    event.preventDefault();
    link.click();
  }
});

await show();
