// The page: joins its parts, keeps the language, the tab and the line to the station.

import { complain, get, post } from "./ask.js";
import * as boards from "./boards.js";
import { by, dialog, el, say, show } from "./dom.js";
import * as ledger from "./ledger.js";
import { live } from "./live.js";
import * as log from "./log.js";
import * as rosters from "./rosters.js";
import { choose, clock, language, t } from "./words.js";

const KEPT = "yigan.language";
const SOME = 6;

let bench = null;
let linked = null; // true, false, or not known yet
let since = 0;

// Language

function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function speak(name) {
  choose(name);
  say(by("language"), t("other"));
  by("language").lang = name === "zh" ? "en" : "zh-CN";
  boards.repaint();
  ledger.repaint();
  if (!by("history").hidden) ledger.load();
  paint();
}

function otherLanguage() {
  const name = language() === "zh" ? "en" : "zh";
  try {
    localStorage.setItem(KEPT, name);
  } catch {
    // then it is asked again next time
  }
  speak(name);
  reopen(); // with the boards' sentences in that language
}

// Tabs: arrows move, as the WAI-ARIA pattern has it

const TABS = ["bench", "history"];

function turnTo(name, focus = false) {
  for (const tab of TABS) {
    const chosen = tab === name;
    by(`tab-${tab}`).setAttribute("aria-selected", String(chosen));
    by(`tab-${tab}`).tabIndex = chosen ? 0 : -1;
    show(by(tab), chosen);
  }
  if (focus) by(`tab-${name}`).focus();
  if (name === "history") ledger.load(0);
  history.replaceState(null, "", name === "bench" ? "/" : "#history");
}

function tabs() {
  for (const [place, name] of TABS.entries()) {
    by(`tab-${name}`).addEventListener("click", () => turnTo(name));
    by(`tab-${name}`).addEventListener("keydown", (event) => {
      if (["ArrowLeft", "ArrowRight"].includes(event.key)) turnTo(TABS[1 - place], true);
    });
  }
}

// The bench

async function act(path) {
  complain(null);
  try {
    await post(path);
  } catch (problem) {
    complain(problem);
  }
}

function power() {
  if (bench.phase !== "running") {
    if (!bench.roster.path) return rosters.open();
    return act("/api/start");
  }
  const working = boards.atWork();
  if (!working) return act("/api/stop");
  say(by("sure-text"), t("stopText", { n: working }));
  by("sure").showModal();
}

function paint() {
  paintLink();
  if (!bench) return;
  const { poles, passed: done } = bench.roster;
  const word = { stopped: "start", starting: "starting", running: "stop", stopping: "stopping" }[bench.phase];
  const button = by("power");
  say(by("power-word"), t(word));
  button.dataset.phase = bench.phase;
  button.disabled = !linked || !["stopped", "running"].includes(bench.phase);
  by("roster").disabled = !linked || bench.phase !== "stopped";
  say(by("roster-name"), bench.roster.path || t("noList"));
  say(by("roster-count"), bench.roster.path ? t(poles === 1 ? "onePole" : "poles", { n: poles }) : "");
  show(by("whole"), bench.phase !== "stopped" || done > 0);
  by("whole-bar").value = poles ? done / poles : 0;
  by("whole").dataset.finished = bench.finished;
  say(by("whole-word"), t(bench.finished ? "finished" : "whole", { n: done, m: poles }));
  say(by("missing"), missing(bench.roster.missing));
}

/** The poles that still want a board; the first few by name. */
function missing(ids) {
  if (!ids.length || bench.phase === "stopped") return "";
  const more = ids.length > SOME ? ` +${ids.length - SOME}` : "";
  return t("missing", { p: ids.slice(0, SOME).join(", ") + more });
}

function paintLink() {
  const state = linked === null ? "wait" : linked ? "good" : "lost";
  by("link").dataset.link = state;
  say(by("link"), t({ wait: "linking", good: "linked", lost: "unlinked" }[state]));
  show(by("lost"), linked === false);
  if (linked === false && by("lost").dataset.locked !== "yes") say(by("lost"), t("lost", { at: clock(since) }));
  by("bench").toggleAttribute("data-old", linked === false);
}

// The line

function hear(name, data) {
  since = Date.now() / 1000;
  if (name === "snapshot") {
    boards.snapshot(data);
    bench = data.bench;
  } else if (name === "slot") {
    const sentence = boards.put(data);
    if (sentence) ended(by(data.state === "failed" ? "cried" : "said"), sentence);
  } else if (name === "gone") {
    boards.gone(data.key);
  } else if (name === "bench") {
    bench = data;
    boards.about(data);
  }
  if (name === "beat") return;
  paint();
  document.title = boards.headline() + t("title");
}

/** Aloud, for who does not look; eight boards may end at once, so a sentence does not replace another. */
function ended(place, sentence) {
  place.append(el("p", {}, sentence));
  while (place.children.length > SOME) place.firstChild.remove();
  ledger.refresh();
}

function line(now) {
  if (now === linked) return;
  linked = now;
  if (now) by("lost").dataset.locked = "no";
  paint();
}

/** Why there is no stream: perhaps the station has a new token. */
async function refused() {
  const problem = await get("/api/slots").then(() => ({}), (got) => got);
  if (![401, 403, 429].includes(problem.status)) return;
  by("lost").dataset.locked = "yes";
  say(by("lost"), t("locked"));
}

boards.setUp({
  retry: (slot) => act(`/api/retry/${encodeURIComponent(slot.key)}`),
  log: (slot) => log.open(slot.work),
});
log.setUp();
rosters.setUp();
ledger.setUp(log.open);
tabs();
dialog("sure");
by("language").addEventListener("click", otherLanguage);
by("roster").addEventListener("click", rosters.open);
by("power").addEventListener("click", power);
by("sure-yes").addEventListener("click", () => {
  by("sure").close();
  act("/api/stop");
});
speak(kept() ?? document.documentElement.lang);
if (location.hash === "#history") turnTo("history");
const reopen = live(hear, line, refused);
