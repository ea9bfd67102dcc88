// Nodes made by hand. Text is always a text node: nothing that a board says becomes markup.

const SVG = "http://www.w3.org/2000/svg";

export const by = (id) => document.getElementById(id);

/** <tag> with properties (class, data-*, aria-*, on...) and children: nodes or texts. */
export function el(tag, given = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Changes the text only when it is another, so that nothing is read out twice. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function show(node, shown) {
  if (node.hidden === shown) node.hidden = !shown;
}

// Silhouettes that differ without any colour: a disc that is ticked, an octagon that is crossed, a ring, a dash.
const SHAPES = {
  passed: ["M12 1a11 11 0 1 0 0 22 11 11 0 0 0 0-22z", "M6.5 12.5l3.7 3.7 7.3-8"],
  failed: ["M7.4 1h9.2L23 7.4v9.2L16.6 23H7.4L1 16.6V7.4z", "M8 8l8 8M16 8l-8 8"],
  interrupted: ["M12 2l11 20H1z", "M12 9v6M12 18.4v.2"],
  gone: [null, "M3 12h5M16 12h5M10 9l4 6"],
  idle: [null, "M5 12h14"],
  found: [null, "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16z"],
  running: [null, "M12 4a8 8 0 1 0 8 8"],
};

export function shape(state) {
  const [body, line] = SHAPES[state] ?? SHAPES.found;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  for (const [d, name] of [[body, "solid"], [line, "line"]]) {
    if (!d) continue;
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    path.setAttribute("class", name);
    svg.append(path);
  }
  return svg;
}

/** Opens a <dialog>; its .close buttons and a click beside it close it. */
export function dialog(id) {
  const node = by(id);
  node.addEventListener("click", (event) => {
    if (event.target === node || event.target.closest(".close")) node.close();
  });
  return node;
}
