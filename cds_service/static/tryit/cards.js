// Cards as an EHR shows them: how urgent, what is wrong, on what evidence, what can be done, and the way past it.
import { element, icon } from "./dom.js";
import { t } from "./words.js";
import { isWeb, markdown, outward } from "./markdown.js";

const WORDS = { critical: () => t("Critical"), warning: () => t("Warning"), info: () => t("Information") };

/** Show an open card; `accept(suggestion)` and `override(reason, comment)` say what the clinician decided. */
export function cardView(card, accept, override) {
  const indicator = card.indicator in WORDS ? card.indicator : "info";
  const heading = element("h3", {}, card.summary);
  return element(
    "article",
    { class: "card", "data-indicator": indicator, "data-topic": card.source?.topic?.code ?? "" },
    element("header", {}, element("p", { class: "word" }, icon(indicator), WORDS[indicator]()), heading),
    element("div", { class: "body" }, ...markdown(card.detail ?? ""), ...actions(card, accept), ...links(card), source(card)),
    overrideForm(card, override),
  );
}

function actions(card, accept) {
  const buttons = (card.suggestions ?? []).map((suggestion) =>
    element("button", { type: "button", class: "primary", click: () => accept(suggestion) }, suggestion.label),
  );
  return buttons.length ? [element("div", { class: "actions" }, ...buttons)] : [];
}

function links(card) {
  const usable = (card.links ?? []).filter((link) => isWeb(link.url));
  return usable.map((link) => element("p", {}, outward(link.url, link.label)));
}

/** Link to the source. A detail that names it, as those of this service do, is not said again. */
function source(card) {
  const { label = "", url = "", topic } = card.source ?? {};
  const isNamed = /^(\*\*)?(Source|Quelle|Fuente)\b/m.test(card.detail ?? "");
  const text = isNamed ? t("Open the source") : label;
  const link = isWeb(url) ? outward(url, text) : isNamed ? "" : label;
  if (isNamed && link) link.title = label;
  const said = topic?.display ? `${link ? " · " : ""}${topic.display}` : "";
  return element("p", { class: "source" }, isNamed ? "" : `${t("Source")}: `, link, said);
}

function overrideForm(card, override) {
  const reasons = card.overrideReasons ?? [];
  const id = `why-${card.uuid}`;
  const choice = element(
    "select",
    { id },
    ...reasons.map((reason, index) => element("option", { value: String(index) }, reason.display ?? reason.code)),
  );
  const comment = element("input", { id: `${id}-comment`, maxlength: "500" });
  const submit = (event) => {
    event.preventDefault();
    override(reasons[Number(choice.value)], comment.value.trim());
  };
  return element(
    "details",
    { class: "override" },
    element("summary", {}, t("Override")),
    element(
      "form",
      { submit },
      ...(reasons.length ? [element("p", {}, element("label", { for: id }, t("Reason")), choice)] : []),
      element("p", {}, element("label", { for: `${id}-comment` }, t("Comment")), comment),
      element("p", {}, element("button", {}, t("Override this card"))),
    ),
  );
}

/** Show a card that has been dealt with: what was decided, and whether the service has heard. */
export function answeredView(card, decision) {
  return element(
    "article",
    { class: "answered" },
    element("p", {}, element("strong", {}, decision.said), ` ${card.summary}`),
    element("p", { class: "quiet" }, decision.heard),
  );
}

/** Show that there is nothing to say. */
export function silenceView(title, text) {
  return element("div", { class: "silence" }, icon("check"), element("h3", {}, title), element("p", {}, text));
}
