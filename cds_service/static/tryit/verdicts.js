// Why a card came and why another did not: what every rule answered in the decision that is on record.
import { explained } from "./client.js";
import { element } from "./dom.js";
import { t } from "./words.js";

const WORDS = {
  fired: () => t("Found something"),
  "could-not-check": () => t("Could not check"),
  "checked-and-fine": () => t("Checked, nothing found"),
  "not-applicable": () => t("Does not apply"),
};
const ORDER = Object.keys(WORDS);

/** Offer the verdicts of a decision; they are asked for only when somebody wants them. */
export function verdictsButton(decision) {
  const place = element("div", { class: "verdicts", "aria-live": "polite" });
  if (!decision) {
    place.append(element("p", { class: "quiet" }, t("No order in scope: no rule was asked.")));
    return place;
  }
  const show = async () => {
    const { status, body } = await explained(decision);
    place.replaceChildren(status === 200 ? table(body.checks) : refused(status));
  };
  place.append(element("button", { type: "button", click: show }, t("Show the verdicts")));
  return place;
}

function refused(status) {
  const text = t("This service shows the verdicts to its operator only ({status}): from its own machine, or with the token.", { status });
  return element("p", { class: "quiet" }, text);
}

function table(checks) {
  const sorted = checks.toSorted((one, other) => ORDER.indexOf(one.outcome) - ORDER.indexOf(other.outcome));
  const rows = sorted.map((check) =>
    element(
      "tr",
      { "data-outcome": check.outcome },
      element("th", { scope: "row" }, check.display),
      element("td", {}, WORDS[check.outcome]?.() ?? check.outcome),
      element("td", {}, reason(check)),
      element("td", {}, check.order ?? ""),
    ),
  );
  const heads = [t("Check"), t("Verdict"), t("Why"), t("Order")].map((text) => element("th", { scope: "col" }, text));
  const whole = element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));
  const label = { class: "scrolled", tabindex: "0", role: "region", "aria-label": t("Verdicts") };
  return element("div", label, element("p", {}, counted(checks)), whole);
}

function reason(check) {
  return check.says ?? check.because ?? (check.missing ?? []).join(" ");
}

function counted(checks) {
  const counts = ORDER.map((outcome) => [WORDS[outcome](), checks.filter((check) => check.outcome === outcome).length]);
  const said = counts.filter(([, count]) => count).map(([words, count]) => `${words.toLowerCase()}: ${count}`);
  return t("{count} checks; {found}.", { count: checks.length, found: said.join(", ") });
}
