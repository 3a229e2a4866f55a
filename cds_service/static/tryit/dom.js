// Builds elements. Whatever comes from a chart or an answer goes in as text, never as markup.

/** Make an element; an attribute that is a function listens to the event of its name, one that is false is left out. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value !== false && value !== undefined) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== undefined && child !== ""));
  return made;
}

const SHAPES = {
  critical: "M8 1h8l7 7v8l-7 7H8l-7-7V8z M12 6.5v7 M12 17.2v.3",
  warning: "M12 2 23 22H1z M12 9v6 M12 18.2v.3",
  info: "M12 1a11 11 0 1 0 0 22 11 11 0 0 0 0-22z M12 11v6.5 M12 6.8v.3",
  check: "M12 1a11 11 0 1 0 0 22 11 11 0 0 0 0-22z M6.5 12.5l4 4 7.5-8.5",
};

/** Draw one of the icons above; a word always stands beside it. */
export function icon(shape) {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  const look = { viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", "stroke-width": "2", "aria-hidden": "true" };
  for (const [key, value] of Object.entries(look)) drawing.setAttribute(key, value);
  for (const [key, value] of [["d", SHAPES[shape]], ["stroke-linecap", "round"], ["stroke-linejoin", "round"]]) {
    path.setAttribute(key, value);
  }
  drawing.append(path);
  return drawing;
}
