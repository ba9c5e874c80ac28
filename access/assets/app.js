// Every page: "/" goes to the search box, or to the search page. A list of hits: words where the server gives no picture of lines.
addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const box = document.getElementById("q");
  if (!(box instanceof HTMLInputElement)) return;
  event.preventDefault();
  box.focus();
  box.select();
});

/** @param {EventTarget | null} picture */
function saysWhyNot(picture) {
  const figure = picture instanceof HTMLImageElement && picture.closest(".cutout");
  if (!figure) return;
  figure.querySelector(".strip").hidden = true;
  figure.querySelector("figcaption").hidden = false;
}

addEventListener("error", (event) => saysWhyNot(event.target), true);
// Those that failed before this script ran.
for (const picture of document.querySelectorAll(".cutout img")) {
  if (picture.complete && !picture.naturalWidth) saysWhyNot(picture);
}
