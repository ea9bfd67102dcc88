// The history: every work that was ever begun, by pages.

import { complain, get } from "./ask.js";
import { by, el, shape, show } from "./dom.js";
import { moment, seconds, t } from "./words.js";

const RESULTS = ["", "passed", "failed", "interrupted", "running"];
const LATER_MS = 250;

let before = 0;
let older = 0;
let turn = 0;
let openLog = () => {};

export function setUp(log) {
  openLog = log;
  const form = by("query");
  let wait = 0;
  form.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(() => load(0), LATER_MS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    load(0);
  });
  by("filter").addEventListener("click", () => {
    const open = by("filter").getAttribute("aria-expanded") !== "true";
    by("filter").setAttribute("aria-expanded", String(open));
    form.toggleAttribute("data-open", open);
  });
  by("older").addEventListener("click", () => load(older));
  by("newer").addEventListener("click", () => load(0));
}

export function repaint() {
  const select = by("query").elements.result;
  const kept = select.value;
  select.replaceChildren(...RESULTS.map((name) => el("option", { value: name }, t(name || "any"))));
  select.value = kept;
}

export async function load(from = before) {
  before = from;
  turn += 1;
  const mine = turn;
  const query = wanted();
  by("export").href = `/api/export.csv?${query}`;
  if (from) query.set("before", from);
  try {
    const got = await get(`/api/history?${query}`);
    if (mine === turn) paint(got);
  } catch (problem) {
    if (mine === turn) complain(problem);
  }
}

/** A work has ended: its row changes under the eyes of who reads the newest page, unless a hand is on it. */
export function refresh() {
  if (by("history").hidden || before || by("rows").contains(document.activeElement)) return;
  load(0);
}

function wanted() {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(by("query"))) {
    const text = value.trim();
    if (!text) continue;
    if (name === "since") query.set(name, day(text, 0));
    else if (name === "until") query.set(name, day(text, 1));
    else query.set(name, text);
  }
  return query;
}

/** Midnight here of a date field, so many days later. */
function day(text, later) {
  const [year, month, date] = text.split("-").map(Number);
  return new Date(year, month - 1, date + later).getTime() / 1000;
}

function paint(got) {
  by("rows").replaceChildren(...got.rows.map(line));
  older = got.before;
  show(by("older"), older > 0);
  show(by("newer"), before > 0);
  show(by("no-rows"), !got.rows.length);
  by("no-rows").textContent = t("noRows");
}

function line(row) {
  const cell = (name, ...inside) => el("td", { class: name, "data-name": t(name) }, ...inside);
  const name = row.pole || t("noPole");
  const log = el("button", { type: "button", "aria-label": t("logOf", { p: name }), onclick: () => openLog(row.id) }, t("log"));
  return el(
    "tr",
    { "data-state": row.result },
    cell("result", el("span", { class: "mark" }, shape(row.result), t(row.result))),
    cell("pole", name),
    cell("began", moment(row.began)),
    cell("took", row.result === "running" ? "" : seconds(row.seconds)),
    cell("uid", row.uid),
    cell("person", row.person),
    cell("note", row.what && el("span", {}, row.what)),
    cell("log", log),
  );
}
