// The chart's side of the screen: weight, HER2, LVEF and blood tests, written back into the Observations they came from.
import { newestFirst } from "./chart.js";
import { element } from "./dom.js";
import { t } from "./words.js";

const ALONE = ["weight", "lvef"];
const none = () => t("none on record");
const asInChart = () => t("as the chart has it");

const isHer2 = (resource) => resource.id.startsWith("her2-");
const codesOf = (observations) => observations.map((each) => `${each.id}${each.valueCodeableConcept?.coding?.[0]?.code}`).sort().join();

/** Show the fields of a chart; every change is written into `chart` and then told. */
export function chartFields(chart, choices, changed) {
  const labs = Object.keys(choices.measurements).filter((concept) => !ALONE.includes(concept));
  const shared = { changed, chart, choices };
  const dateOfLabs = dateField("labs-date", t("Blood tests on"), newest(chart, labs)?.effectiveDateTime ?? choices.today);
  const numbers = labs.map((concept) => numberField(shared, concept, () => dateOfLabs.input.value));
  dateOfLabs.input.addEventListener("change", () => numbers.forEach((write) => write.input.dispatchEvent(new Event("input"))));
  return [
    ...measured(shared, "weight"),
    ...her2Fields(shared),
    ...measured(shared, "lvef"),
    element("div", { class: "group" }, ...numbers.map((field) => field.holder), dateOfLabs.holder),
  ];
}

function newest(chart, concepts) {
  return chart.filter((each) => concepts.includes(each.id)).toSorted(newestFirst)[0];
}

/** Two fields for one Observation: its value and its date. */
function measured(shared, concept) {
  const own = shared.chart.find((each) => each.id === concept);
  const label = t("{test} on", { test: t(capital(shared.choices.measurements[concept].code.text)) });
  const on = dateField(`${concept}-date`, label, own?.effectiveDateTime ?? shared.choices.today);
  const value = numberField(shared, concept, () => on.input.value);
  on.input.addEventListener("change", () => value.input.dispatchEvent(new Event("input")));
  return [value.holder, on.holder];
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

function dateField(id, label, value) {
  const input = element("input", { id, type: "date", value });
  return { input, holder: element("p", {}, element("label", { for: id }, label), input) };
}

function numberField({ changed, chart, choices }, concept, dateOf) {
  const form = choices.measurements[concept];
  const own = chart.find((each) => each.id === concept)?.valueQuantity;
  const unit = own?.unit ?? form.valueQuantity.unit;
  const input = element("input", {
    id: concept, type: "number", min: "0", step: "any", inputmode: "decimal", value: own?.value ?? "", placeholder: t("none"),
  });
  input.addEventListener("input", () => {
    const at = chart.findIndex((each) => each.id === concept);
    if (at >= 0) chart.splice(at, 1);
    if (input.value !== "") {
      const observation = structuredClone(form);
      observation.valueQuantity.value = Number(input.value);
      if (dateOf()) observation.effectiveDateTime = dateOf();
      else delete observation.effectiveDateTime;
      chart.push(observation);
    }
    changed();
  });
  const label = element("label", { for: concept }, `${t(capital(form.code.text))} (${unit})`);
  return { input, holder: element("p", {}, label, input) };
}

/** HER2 as the choices that pathology gives, each of them one result or two. */
function her2Fields({ changed, chart, choices }) {
  const own = chart.filter(isHer2);
  const known = choices.her2.find((choice) => codesOf(choice.observations) === codesOf(own));
  const labels = [none(), ...choices.her2.map((choice) => choice.label)];
  const current = own.length === 0 ? none() : (known?.label ?? asInChart());
  const select = element(
    "select",
    { id: "her2" },
    ...(labels.includes(current) ? labels : [current, ...labels]).map((label) =>
      element("option", { selected: label === current }, label),
    ),
  );
  const on = dateField("her2-date", t("HER2 on"), own[0]?.effectiveDateTime ?? choices.today);
  const write = () => {
    if (select.value === asInChart()) return;
    const chosen = choices.her2.find((choice) => choice.label === select.value)?.observations ?? [];
    chart.splice(0, chart.length, ...chart.filter((each) => !isHer2(each)));
    chart.push(...structuredClone(chosen).map((each) => ({ ...each, effectiveDateTime: on.input.value || undefined })));
    changed();
  };
  select.addEventListener("change", write);
  on.input.addEventListener("change", write);
  return [element("p", {}, element("label", { for: "her2" }, t("HER2 in tissue")), select), on.holder];
}
