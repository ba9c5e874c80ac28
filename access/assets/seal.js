// Fetches the picture of a page and says what the seal says of these very bytes.
//
// The server checks the signature and compares the master with the manifest; its verdict comes with the picture. Here
// the SHA-256 of the bytes that will be drawn is computed again: it must be the one the server sent along, and, where the
// picture is the sealed file itself, the one in the manifest. The signature itself is not checked here.

/**
 * @typedef {{good: boolean, headline: string, detail: string, trial: string|null, as_received: boolean, found: string,
 *   sealed: string|null, checked: string}} Proof
 * @typedef {{state: "good"|"broken"|"unchecked", headline: string, detail: string, trial: string|null,
 *   digest: string, found: string|null, sealed: string|null, checked: string|null, blob: Blob|null}} Checked
 */

/** The session has ended. */
export class LoggedOut extends Error {}

/** @param {ArrayBuffer} bytes */
async function sha256(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {string} url
 * @param {Record<string, string>} words
 * @param {AbortSignal} [signal]
 * @returns {Promise<Checked>}
 */
export async function fetchChecked(url, words, signal) {
  const answer = await fetch(url, { cache: "no-store", signal });
  if (answer.status === 401 || answer.redirected) throw new LoggedOut();
  const header = answer.headers.get("x-hoso-proof");
  if (!header) {
    const detail = (await answer.text()).slice(0, 300);
    return unchecked(words, detail);
  }
  /** @type {Proof} */
  const proof = JSON.parse(header);
  const bytes = answer.ok ? await answer.arrayBuffer() : null;
  let good = proof.good;
  let detail = proof.detail;
  let headline = proof.headline;
  let how = words.no_browser_check;
  if (bytes && globalThis.crypto?.subtle) {
    const drawn = await sha256(bytes);
    const sent = answer.headers.get("x-hoso-sha256");
    if (drawn !== sent || (good && proof.as_received && drawn !== proof.sealed)) {
      good = false;
      headline = words.broken;
      detail = words.transit;
    }
    how = proof.as_received ? words.browser_check : words.browser_check_rendered;
  }
  const digest = good ? `${words.master} SHA-256 ${proof.found} · ${how} · ${words.checked} ${proof.checked}` : `${words.checked} ${proof.checked}`;
  const blob = bytes ? new Blob([bytes], { type: answer.headers.get("content-type") ?? "" }) : null;
  return {
    state: good ? "good" : "broken", headline, detail, trial: proof.trial, digest,
    found: proof.found, sealed: proof.sealed, checked: proof.checked, blob,
  };
}

/** @param {Record<string, string>} words @param {string} detail @returns {Checked} */
export function unchecked(words, detail) {
  return { state: "unchecked", headline: words.unchecked, detail, trial: null, digest: "", found: null, sealed: null, checked: null, blob: null };
}

/** @param {Checked["state"]|"checking"} state */
export const sign = (state) => ({ good: "✓", broken: "✗", unchecked: "✗", checking: "…" })[state];

/** The two digests, as rows of a list. @param {HTMLElement} list @param {Checked} checked @param {Record<string, string>} words */
export function digests(list, checked, words) {
  list.replaceChildren();
  if (!checked.found) return;
  for (const [name, value] of [[words.sealed, checked.sealed ?? words.none], [words.found, checked.found]]) {
    const dt = document.createElement("dt");
    dt.textContent = name;
    const dd = document.createElement("dd");
    dd.textContent = value;
    list.append(dt, dd);
  }
}
