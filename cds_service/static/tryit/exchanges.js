// Behind the cards: what was sent and what came, as JSON, and the same call for a command line.
import { element } from "./dom.js";
import { t } from "./words.js";
import { verdictsButton } from "./verdicts.js";

/** Show the calls of a hook, each with its request, its response and its time. */
export function exchangesView(exchanges) {
  return exchanges.flatMap((exchanged) => {
    const title = `${exchanged.method} ${exchanged.path}`;
    const curl = curlOf(exchanged);
    return [
      element("h3", {}, t("{call} answered {status} in {ms} ms", { call: title, status: exchanged.status, ms: exchanged.milliseconds.toFixed(0) })),
      element("div", { class: "pair" }, json(t("Request"), exchanged.sent, title), json(t("Response"), exchanged.body, title)),
      element("div", { class: "with-button" }, element("strong", {}, t("The same call with curl")), copyButton(curl)),
      element("pre", { tabindex: "0", "aria-label": t("{call} with curl", { call: title }), role: "region" }, curl),
      ...(exchanged.status === 200 ? [verdictsButton(exchanged.decision)] : []),
    ];
  });
}

function json(label, value, title) {
  const text = value === undefined ? t("nothing") : JSON.stringify(value, null, 2);
  const shown = element("pre", { tabindex: "0", "aria-label": t("{part} of {call}", { part: label, call: title }), role: "region" }, text);
  return element("div", {}, element("div", { class: "with-button" }, element("strong", {}, label)), shown);
}

/** Write a call for a shell; the body is quoted whole, so nothing in it means anything to the shell. */
export function curlOf({ method, path, sent }) {
  const address = `'${new URL(path, location.href).href.replaceAll("'", "%27")}'`;
  if (sent === undefined) return `curl -s ${address}`;
  const body = JSON.stringify(sent, null, 2);
  return `curl -s -X ${method} -H 'Content-Type: application/json' ${address} --data @- <<'END_OF_REQUEST'\n${body}\nEND_OF_REQUEST`;
}

function copyButton(text) {
  const button = element("button", { type: "button" }, t("Copy as curl"));
  button.addEventListener("click", async () => {
    button.textContent = (await copied(text)) ? t("Copied") : t("Select the text below and copy it");
  });
  return button;
}

/** Copy a text; without https a browser has no clipboard for pages. */
async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
