// Shows the part of Markdown that cards use: paragraphs, lists in lists, bold, links. Everything else stays the text it is.
import { element } from "./dom.js";

const ITEM = /^( *)([-*]|\d+\.) (.*)$/;
const ESCAPABLE = /[!-/:-@[-`{-~]/;

/** Give the blocks of a Markdown text as elements. */
export function markdown(text) {
  return String(text).trim().split(/\n\s*\n/).map(block);
}

function block(text) {
  const lines = text.split("\n");
  const items = lines.map((line) => ITEM.exec(line));
  return items.every(Boolean) ? list(items) : element("p", {}, ...inline(lines.join(" ")));
}

/** Nest what is indented further under the item before it. */
function list(items) {
  const depth = items[0][1].length;
  const made = element(/\d/.test(items[0][2]) ? "ol" : "ul");
  for (let at = 0; at < items.length; ) {
    let next = at + 1;
    while (next < items.length && items[next][1].length > depth) next += 1;
    const below = items.slice(at + 1, next);
    made.append(element("li", {}, ...inline(items[at][3]), ...(below.length ? [list(below)] : [])));
    at = next;
  }
  return made;
}

/** Give a line's texts, bold parts and links; a mark behind a backslash is itself. */
function inline(text) {
  const parts = [];
  let plain = "";
  const flush = () => {
    if (plain) parts.push(plain);
    plain = "";
  };
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "\\" && ESCAPABLE.test(text[at + 1] ?? "")) {
      at += 1;
      plain += text[at];
      continue;
    }
    const bold = text.startsWith("**", at) ? closing(text, "**", at + 2) : -1;
    const link = text[at] === "[" ? linkAt(text, at) : undefined;
    if (bold > at) {
      flush();
      parts.push(element("strong", {}, ...inline(text.slice(at + 2, bold))));
      at = bold + 1;
    } else if (link) {
      flush();
      parts.push(outward(link.url, ...inline(link.label)));
      at = link.end;
    } else {
      plain += text[at];
    }
  }
  flush();
  return parts;
}

/** Find where a mark stands next that no backslash hides; -1 for nowhere. */
function closing(text, mark, from) {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text.startsWith(mark, at)) return at;
  }
  return -1;
}

function linkAt(text, start) {
  const middle = closing(text, "](", start + 1);
  const end = middle < 0 ? -1 : closing(text, ")", middle + 2);
  if (end < 0) return undefined;
  const url = text.slice(middle + 2, end);
  return isWeb(url) ? { label: text.slice(start + 1, middle), url, end } : undefined;
}

/** Tell whether an address is one of the web, and nothing that runs. */
export function isWeb(url) {
  return /^https?:\/\/[^\s]+$/i.test(url);
}

/** Make a link to another site, in a tab of its own that knows nothing of this one. */
export function outward(url, ...children) {
  return element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...children);
}
