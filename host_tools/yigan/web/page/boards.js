// The boards on the bench: one card each, changed in place so that neither focus nor place jumps.

import { by, el, say, shape, show } from "./dom.js";
import { seconds, stage, t } from "./words.js";

const TALLY = ["all", "working", "passed", "failed"];
const ENDED = ["passed", "failed", "interrupted"];
const AGAIN = ["failed", "interrupted"];

const cards = new Map(); // key -> card
let bench = { phase: "stopped", finished: false, roster: { path: "", poles: 0 } };
let wanted = "all";
let doing = { retry: () => {}, log: () => {} };

export function setUp(actions) {
  doing = actions;
  for (const name of TALLY) by("tally").append(tallyButton(name));
  by("find").addEventListener("input", sift);
  setInterval(tick, 1000);
}

export const atWork = () => [...cards.values()].filter((card) => card.slot.state === "working").length;

/** For the title of a page that nobody looks at: how many failed and passed. */
export function headline() {
  const [failed, passed] = [count("failed"), count("passed")];
  return `${failed ? `✕${failed} ` : ""}${passed ? `✓${passed} ` : ""}`;
}

/** All at once, silently: who comes to the page reads it. */
export function snapshot(state) {
  const keys = new Set(state.slots.map((slot) => slot.key));
  for (const key of [...cards.keys()]) if (!keys.has(key)) gone(key);
  for (const slot of state.slots) put(slot);
  about(state.bench);
}

export function about(news) {
  bench = news;
  sift();
}

export function gone(key) {
  cards.get(key)?.node.remove();
  cards.delete(key);
  sift();
}

export function put(slot) {
  let card = cards.get(slot.key);
  const before = card?.slot.state;
  if (!card) cards.set(slot.key, (card = makeCard(slot)));
  card.slot = slot;
  card.heard = performance.now();
  paint(card);
  arrange();
  sift();
  return ENDED.includes(slot.state) && before !== undefined && before !== slot.state ? sentence(slot) : "";
}

/** In the other language. */
export function repaint() {
  for (const card of cards.values()) {
    card.node.removeAttribute("data-state"); // the verdict is made anew
    paint(card);
  }
  for (const button of by("tally").children) say(button.querySelector("span"), t(button.dataset.show));
  sift();
}

function sentence(slot) {
  const name = nameOf(slot);
  if (slot.state === "passed") return t("saidPassed", { p: name });
  return slot.state === "failed" ? t("saidFailed", { p: name, w: slot.what }) : `${name}: ${t(slot.state)}`;
}

const nameOf = (slot) => slot.pole || t("noPole");
const again = (slot) => AGAIN.includes(slot.state) && bench.phase === "running" && slot.port !== "";

/** A port as people call it: the last part of its path; of a by-path name the place on the hub. */
function portName(port) {
  if (port.includes("://")) return port;
  const name = port.split("/").pop();
  const hub = /usb-\d+:([\d.]+):/.exec(name);
  return hub ? `USB ${hub[1]}` : name;
}

function makeCard(slot) {
  const part = (tag, name, ...children) => el(tag, { class: name }, ...children);
  const card = { slot, heard: 0 };
  card.verdict = part("div", "verdict");
  card.name = part("h2", "name");
  card.time = part("span", "time");
  card.port = el("span");
  card.uid = el("span");
  card.ids = part("p", "ids", card.port, card.uid);
  card.stage = part("p", "stage");
  card.bar = el("progress", { max: 100, value: 0 });
  card.what = part("p", "what");
  card.hint = part("p", "hint");
  card.log = el("button", { type: "button", class: "log", onclick: () => doing.log(card.slot) });
  card.retry = el("button", { type: "button", class: "again", onclick: () => doing.retry(card.slot) });
  card.node = el(
    "li",
    { class: "board" },
    card.verdict,
    part(
      "div",
      "body",
      part("div", "head", card.name, card.time),
      card.ids,
      card.log,
      card.stage,
      card.bar,
      card.what,
      card.hint,
      card.retry,
    ),
  );
  by("boards").append(card.node);
  return card;
}

function paint(card) {
  const { slot, node } = card;
  const name = nameOf(slot);
  if (node.dataset.state !== slot.state) {
    node.dataset.state = slot.state;
    card.verdict.replaceChildren(
      slot.state === "working" ? el("b", { class: "percent" }) : shape(slot.state),
      el("b", {}, t(slot.state)),
    );
  }
  if (slot.state === "working") say(card.verdict.firstChild, `${slot.percent}%`);
  say(card.name, name);
  const chip = (slot.chip || slot.board).toUpperCase();
  say(card.port, [portName(slot.port) || t("gone"), chip].filter(Boolean).join(" · "));
  card.port.title = slot.port;
  say(card.uid, slot.uid);
  const working = slot.state === "working";
  say(card.stage, working ? stage(slot.stage || "ask") : "");
  show(card.bar, working);
  card.bar.value = slot.percent;
  card.bar.setAttribute("aria-label", name);
  say(card.what, slot.what);
  say(card.hint, slot.hint ? `${t("tryThis")} ${slot.hint}` : "");
  say(card.log, t("log"));
  card.log.setAttribute("aria-label", t("logOf", { p: name }));
  show(card.log, slot.work > 0);
  say(card.retry, t("retry"));
  card.retry.setAttribute("aria-label", t("retryOf", { p: name }));
  show(card.retry, again(slot));
  time(card);
}

function time(card) {
  const { slot } = card;
  const more = slot.state === "working" ? (performance.now() - card.heard) / 1000 : 0;
  const ran = slot.elapsed + more;
  say(card.time, ran > 0 ? (slot.state === "working" ? t("seconds", { n: Math.round(ran) }) : seconds(ran)) : "");
}

function tick() {
  for (const card of cards.values()) if (card.slot.state === "working") time(card);
}

/** In the order of the station, without touching what stands right. */
function arrange() {
  const list = by("boards");
  const sorted = [...cards.values()].sort((a, b) => a.slot.place - b.slot.place);
  sorted.forEach((card, place) => {
    if (list.children[place] !== card.node) list.insertBefore(card.node, list.children[place] ?? null);
  });
}

function tallyButton(name) {
  const press = () => {
    wanted = name;
    sift();
  };
  const icon = name === "all" || name === "working" ? null : shape(name);
  return el(
    "button",
    { type: "button", "data-show": name, "aria-pressed": "false", onclick: press },
    el("b", {}, "0"),
    el("span", {}, t(name)),
    icon,
  );
}

/** Counts, hides what is not wanted, and says why the list is empty. */
function sift() {
  const text = by("find").value.trim().toLowerCase();
  let seen = 0;
  for (const { slot, node } of cards.values()) {
    const words = [slot.pole, slot.uid, slot.port, slot.chip, slot.board, slot.what].join(" ").toLowerCase();
    const kept = (wanted === "all" || slot.state === wanted) && words.includes(text);
    show(node, kept);
    seen += kept ? 1 : 0;
  }
  for (const button of by("tally").children) {
    say(button.firstChild, String(count(button.dataset.show)));
    button.setAttribute("aria-pressed", String(button.dataset.show === wanted));
  }
  for (const card of cards.values()) show(card.retry, again(card.slot));
  say(by("empty"), seen ? "" : t(whyEmpty()));
  show(by("empty"), !seen);
  show(by("boards"), Boolean(seen));
}

function count(name) {
  const slots = [...cards.values()].map((card) => card.slot);
  return name === "all" ? slots.length : slots.filter((slot) => slot.state === name).length;
}

function whyEmpty() {
  if (cards.size) return "emptyFilter";
  if (!bench.roster.path) return "emptyNoList";
  return bench.phase === "stopped" ? "emptyStopped" : "emptyRunning";
}
