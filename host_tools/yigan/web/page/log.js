// The log of one work, live while it runs.

import { get } from "./ask.js";
import { by, dialog, el, say, show } from "./dom.js";
import { clock, moment, seconds, stage, t } from "./words.js";

const FACTS = ["port", "uid", "chip", "board", "micropython", "image", "version", "bundle", "person"];
const PACE_MS = 700;

let box = null;
let turn = 0; // an answer for a log that was closed is not shown

export function setUp() {
  box = dialog("log");
  box.addEventListener("close", () => (turn += 1));
  by("log-copy").addEventListener("click", copy);
}

export function open(work) {
  turn += 1;
  by("log-lines").replaceChildren();
  by("log-facts").replaceChildren();
  say(by("log-title"), "");
  say(by("log-end"), "");
  say(by("log-copy"), t("copy"));
  if (!box.open) box.showModal();
  follow(work, 0, turn);
}

async function follow(work, after, mine) {
  let next = after;
  let running = true;
  try {
    const got = await get(`/api/log/${work}?after=${after}`);
    if (mine !== turn) return;
    add(got.lines);
    head(got.row);
    next = got.next;
    running = got.row.result === "running";
  } catch (problem) {
    if (mine !== turn) return;
    say(by("log-end"), problem.what);
    running = !problem.status; // nobody answers: try again
  }
  if (running) setTimeout(() => mine === turn && follow(work, next, mine), PACE_MS);
}

function head(row) {
  say(by("log-title"), `${row.pole || t("noPole")} · ${t(row.result)}`);
  box.dataset.result = row.result;
  const facts = FACTS.filter((name) => row[name]).map((name) => [t(name), short(name, row[name])]);
  facts.unshift([t("began"), moment(row.began)]);
  by("log-facts").replaceChildren(
    ...facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
  );
  const end = [row.seconds ? seconds(row.seconds) : "", row.what, row.hint].filter(Boolean).join(" · ");
  say(by("log-end"), row.result === "running" ? `● ${t("live")}` : end);
}

const short = (name, value) => (name === "bundle" ? value.slice(0, 12) : value);

function add(lines) {
  const list = by("log-lines");
  const below = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  for (const [at, text] of lines) list.append(el("li", {}, el("time", {}, clock(at)), el("span", {}, stage(text))));
  if (below && lines.length) list.scrollTop = list.scrollHeight;
}

async function copy() {
  const lines = [...by("log-lines").children].map((line) => [...line.children].map((c) => c.textContent).join("  "));
  const text = [by("log-title").textContent, ...lines, by("log-end").textContent].join("\n");
  try {
    await navigator.clipboard.writeText(text);
    say(by("log-copy"), t("copied"));
  } catch {
    getSelection().selectAllChildren(by("log-lines")); // plain HTTP on the network: the hand copies it
  }
}
