// Requests to the station, and its problems in a sentence.

import { by, el, show } from "./dom.js";
import { language, t } from "./words.js";

export async function get(path) {
  return answer(await reach(path, {}));
}

export async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return answer(await reach(path, { method: "POST", headers, body: JSON.stringify(body ?? {}) }));
}

async function reach(path, options) {
  try {
    const headers = { "X-Yigan": "1", "Accept-Language": language(), ...options.headers };
    return await fetch(path, { ...options, headers });
  } catch {
    throw { what: t("unreachable"), where: "", hint: "" };
  }
}

async function answer(got) {
  const body = await got.json().catch(() => ({ what: `HTTP ${got.status}` }));
  if (!got.ok) throw { status: got.status, ...body };
  return body;
}

/** A problem where people look; an empty one clears the place. */
export function complain(problem, place = by("notice")) {
  show(place, Boolean(problem));
  if (!problem) return place.replaceChildren();
  const close = el("button", { type: "button", class: "plain", onclick: () => complain(null, place) }, t("close"));
  const words = el("div", {}, el("strong", {}, problem.what ?? String(problem)));
  if (problem.where) words.append(el("p", { class: "mono" }, problem.where));
  if (problem.hint) words.append(el("p", {}, problem.hint));
  place.replaceChildren(words, close);
}
