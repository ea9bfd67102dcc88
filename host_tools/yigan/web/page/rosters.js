// Choosing the list of poles.

import { complain, get, post } from "./ask.js";
import { by, dialog, el } from "./dom.js";
import { t } from "./words.js";

let box = null;

export function setUp() {
  box = dialog("choose");
  by("path").addEventListener("submit", (event) => {
    event.preventDefault();
    take(by("path").elements.path.value.trim());
  });
}

export async function open() {
  complain(null, by("choose-fault"));
  by("lists").replaceChildren();
  if (!box.open) box.showModal();
  try {
    const lists = await get("/api/rosters");
    by("lists").replaceChildren(...lists.map(choice));
    if (!lists.length) by("lists").append(el("li", { class: "dim" }, t("noLists")));
  } catch (problem) {
    complain(problem, by("choose-fault"));
  }
}

function choice(list) {
  const words = [el("strong", {}, list.path === "." ? "./" : list.path), el("span", { class: "dim" }, t(list.kind))];
  return el("li", {}, el("button", { type: "button", onclick: () => take(list.path) }, ...words));
}

async function take(path) {
  try {
    await post("/api/roster", { path });
    box.close();
  } catch (problem) {
    complain(problem, by("choose-fault"));
  }
}
