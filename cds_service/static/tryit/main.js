// The try-it page: an order screen whose every change is a call, and whose cards act on the orders.
import { call, discover, feedback, hookRequest, problem, requestFrom } from "./client.js";
import { answeredView, cardView, silenceView } from "./cards.js";
import { chartFields } from "./chart_form.js";
import { element } from "./dom.js";
import { exchangesView } from "./exchanges.js";
import { dayOf, t, take } from "./words.js";
import { listenToOwnServer, ownFacts } from "./own_server.js";
import { applied, described, fieldsOf, isDrug, referenceOf, setBilling, setDose, setDrug, setText } from "./orders.js";

// Billing is for those who want it, and never mixed into the clinical answers: an EHR chooses its services.
const COVERAGE = "her2-coverage";
const DEBOUNCE_MS = 350;
const HCPCS = "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets";
const MOMENTS = { "order-select": () => t("While ordering"), "order-sign": () => t("At signing") };
const at = (id) => document.getElementById(id);

const screen = { choices: undefined, services: [], chart: [], own: undefined, orders: [], current: "", decisions: new Map(), asked: [] };
let running = new AbortController();
let timer;

async function start() {
  try {
    const [found, choices] = await Promise.all([discover(), fetch("/try-it/scenarios").then((answer) => answer.json())]);
    screen.choices = choices;
    take(choices.words);
    at("timing").textContent = t("Discovery took {ms} ms.", { ms: found.milliseconds.toFixed(0) });
    if (found.status === 200) screen.services = found.body.services;
    else notice(problem(found));
  } catch {
    notice(t("The service cannot be reached."));
    return;
  }
  at("drug").append(...screen.choices.drugs.map((drug) => element("option", { value: drug.id }, drug.label)));
  listen();
  open();
}

function listen() {
  window.addEventListener("hashchange", open);
  listenToOwnServer(openOwn, (why) => {
    running.abort();
    clearTimeout(timer);
    notice(why);
  });
  at("order-form").addEventListener("submit", (event) => {
    event.preventDefault();
    ask("order-sign");
  });
  at("chart-form").addEventListener("submit", (event) => event.preventDefault());
  at("drug").addEventListener("change", () => {
    const drug = screen.choices.drugs.find((each) => each.id === at("drug").value);
    if (drug) change((order) => setDrug(order, drug));
    showOrderFields();
  });
  at("text").addEventListener("input", () => change((order) => setText(order, at("text").value)));
  for (const id of ["dose", "unit"]) {
    at(id).addEventListener("input", () => change((order) => setDose(order, at("dose").value, at("unit").value)));
  }
  at("coverage").addEventListener("change", () => ask(screen.askedHook));
  at("hcpcs").addEventListener("input", () => change((order) => setBilling(order, at("hcpcs").value.trim(), HCPCS)));
}

/** Open the scenario that the address names, or the first one. */
function open() {
  const { scenarios } = screen.choices;
  const wanted = decodeURIComponent(location.hash.slice(1));
  const scenario = scenarios.find((each) => each.id === wanted) ?? scenarios[0];
  for (const link of document.querySelectorAll(".scenarios a")) {
    if (link.hash === `#${scenario.id}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  if (!matchMedia("(min-width: 70rem)").matches) document.querySelector(".scenarios details").open = false;
  document.querySelector(".scenarios summary").textContent = t("Scenario: {title}", { title: scenario.title });
  Object.assign(screen, { chart: structuredClone(scenario.chart), own: undefined, orders: structuredClone(scenario.orders) });
  screen.decisions.clear();
  at("chart-form").hidden = false;
  screen.current = referenceOf(screen.orders[0]);
  showPatient(scenario);
  at("chart-fields").replaceChildren(...chartFields(screen.chart, screen.choices, later));
  showOrders();
  showOrderFields();
  ask("order-select");
}

/** Show a chart that was read from a FHIR server; what it says is changed there, not here. */
function openOwn({ patient, prefetch, orders }) {
  for (const link of document.querySelectorAll(".scenarios a")) link.removeAttribute("aria-current");
  document.querySelector(".scenarios summary").textContent = t("Choose a scenario");
  // A scenario that is chosen again is a change of the address.
  history.replaceState(null, "", location.pathname);
  Object.assign(screen, { chart: [], own: { patient, prefetch }, orders });
  screen.decisions.clear();
  screen.current = referenceOf(orders[0]);
  const { name, facts } = ownFacts(screen.own);
  at("patient-name").textContent = name;
  at("patient-facts").textContent = facts;
  at("story").textContent = t("Read from your FHIR server.");
  at("chart-form").hidden = true;
  showOrders();
  showOrderFields();
  ask("order-sign");
}

function showPatient(scenario) {
  const patient = screen.chart.find((each) => each.resourceType === "Patient");
  const cancer = screen.chart.find((each) => each.resourceType === "Condition");
  const given = screen.chart.filter((each) => each.resourceType === "MedicationAdministration");
  const several = () => (given.length > 1 ? t("{count} doses given so far", { count: given.length }) : t("1 dose given so far"));
  const doses = given.length ? several() : t("No dose given so far");
  const sex = { female: t("female"), male: t("male") }[patient.gender] ?? patient.gender;
  at("patient-name").textContent = patient.name[0].text;
  at("patient-facts").textContent = t("Sex {sex}, born {born}. {cancer}. {doses}.", { sex, born: dayOf(patient.birthDate), cancer: cancer.code.text, doses });
  at("story").textContent = scenario.story;
}

const currentOrder = () => screen.orders.find((each) => referenceOf(each) === screen.current);

function showOrders() {
  const rows = screen.orders.map((order) => {
    const { name, facts } = described(order);
    const words = [name, element("small", {}, facts)];
    const pick = () => {
      screen.current = referenceOf(order);
      showOrders();
      showOrderFields();
    };
    const pressed = referenceOf(order) === screen.current ? "true" : "false";
    const shown = isDrug(order)
      ? element("button", { type: "button", "aria-pressed": pressed, click: pick }, ...words)
      : element("div", { class: "request" }, ...words);
    const remove = () => act(screen.orders.filter((each) => each !== order));
    const label = { type: "button", class: "remove", "aria-label": t("Remove {name}", { name }), click: remove };
    return element("li", {}, shown, element("button", label, "×"));
  });
  at("orders").replaceChildren(...(rows.length ? rows : [element("li", { class: "quiet" }, t("No draft orders."))]));
  at("sign").disabled = rows.length === 0;
}

function showOrderFields() {
  const order = currentOrder();
  at("order-fields").hidden = order === undefined;
  if (order === undefined) return;
  const fields = fieldsOf(order);
  for (const id of ["text", "dose", "unit", "hcpcs"]) at(id).value = fields[id];
  const drug = screen.choices.drugs.find((each) => each.concept.text === fields.text);
  at("drug").querySelector("option[value='']")?.remove();
  if (drug === undefined) at("drug").prepend(element("option", { value: "" }, t("as the order text says")));
  at("drug").value = drug?.id ?? "";
}

/** Change the order in the form, and ask when the typing has stopped. */
function change(write) {
  const order = currentOrder();
  if (order === undefined) return;
  write(order);
  showOrders();
  later();
}

function later() {
  clearTimeout(timer);
  at("signed").textContent = "";
  at("cards").setAttribute("aria-busy", "true");
  timer = setTimeout(() => ask("order-select"), DEBOUNCE_MS);
}

/** Take new orders over and ask again for the same hook. */
function act(orders) {
  screen.orders = orders;
  if (currentOrder() === undefined) screen.current = orders.filter(isDrug).map(referenceOf)[0] ?? "";
  showOrders();
  showOrderFields();
  if (orders.length) ask(screen.askedHook);
  else showCards([], "");
}

/** Call every service of a hook, as an EHR does, and show what comes; an answer that is overtaken is dropped. */
async function ask(hook) {
  clearTimeout(timer);
  running.abort();
  running = new AbortController();
  const { signal } = running;
  screen.askedHook = hook;
  const selected = screen.current ? [screen.current] : screen.orders.map(referenceOf);
  // The two services beside it are for clients that write the answer on the order.
  const wanted = ({ id }) => (id === COVERAGE ? at("coverage").checked : !id.startsWith(`${COVERAGE}-`));
  const services = screen.services.filter((service) => service.hook === hook && wanted(service));
  if (!services.length) return;
  at("cards").setAttribute("aria-busy", "true");
  try {
    const answers = await Promise.all(
      services.map(async (service) => {
        const request = screen.own
          ? requestFrom(screen.own, service, screen.orders, selected)
          : hookRequest(service, screen.chart, screen.orders, selected);
        return { service, exchanged: await call(service, request, signal) };
      }),
    );
    if (signal.aborted) return;
    showExchanges(answers);
    const refused = answers.find(({ exchanged }) => exchanged.status !== 200);
    if (refused) notice(problem(refused.exchanged));
    else showCards(answers.flatMap(({ service, exchanged }) => exchanged.body.cards.map((card) => ({ service, card }))), hook);
  } catch (error) {
    if (error.name !== "AbortError") notice(t("The service cannot be reached."));
  }
}

function showExchanges(answers) {
  const exchanges = answers.map(({ exchanged }) => exchanged);
  const slowest = Math.max(...exchanges.map((exchanged) => exchanged.milliseconds));
  at("timing").textContent = t("The answer took {ms} ms, round trip.", { ms: slowest.toFixed(0) });
  at("exchanges").replaceChildren(...exchangesView(exchanges));
}

function notice(text) {
  at("status").textContent = "";
  at("signed").textContent = "";
  at("cards").replaceChildren(element("p", { class: "notice", role: "alert" }, text));
  at("cards").setAttribute("aria-busy", "false");
}

/** A finding is the same as long as it says the same: a card that was answered does not come back. */
const keyOf = (card) => `${card.source?.topic?.code} ${card.summary}`;

function showCards(found, hook) {
  screen.asked = found;
  screen.hook = hook;
  const open = found.filter(({ card }) => !screen.decisions.has(keyOf(card)));
  const signed = hook === "order-sign" && open.every(({ card }) => card.indicator === "info");
  const views = [
    ...open.map(({ service, card }) =>
      cardView(card, (suggestion) => accept(service, card, suggestion), (...why) => override(service, card, ...why)),
    ),
    ...[...screen.decisions.values()].map(({ card, ...decision }) => answeredView(card, decision)),
  ];
  // Only an empty answer is silence: cards that a clinician has answered are not.
  if (found.length === 0) views.unshift(silence(hook, signed));
  at("cards").replaceChildren(...views);
  at("cards").setAttribute("aria-busy", "false");
  at("status").textContent = hook ? `${MOMENTS[hook]()}: ${counted(found, open)}.` : "";
  at("jump").textContent = open.length ? t("{cards} below", { cards: counted(found, open) }) : t("To the cards");
  at("signed").textContent = hook !== "order-sign" ? "" : signed ? t("Signed.") : t("Not signed yet: answer the cards first.");
}

function silence(hook, signed) {
  if (!hook) return silenceView(t("No draft orders"), t("There is nothing to check."));
  const text = t("The service has nothing to say about these orders.");
  return silenceView(t("No cards"), signed ? `${text} ${t("They are signed.")}` : text);
}

function counted(found, open) {
  if (found.length === 0) return t("no cards");
  if (open.length === 0) return t("every card is answered");
  const critical = open.filter(({ card }) => card.indicator === "critical").length;
  const cards = open.length > 1 ? t("{count} cards", { count: open.length }) : t("1 card");
  return critical ? t("{cards}, {count} critical", { cards, count: critical }) : cards;
}

async function accept(service, card, suggestion) {
  const said = { card: card.uuid, outcome: "accepted", acceptedSuggestions: [{ id: suggestion.uuid }] };
  decide(card, t("Accepted: {label}.", { label: suggestion.label }), feedback(service, said));
  act(applied(screen.orders, suggestion.actions));
}

async function override(service, card, reason, comment) {
  const why = { ...(reason ? { reason } : {}), ...(comment ? { userComment: comment } : {}) };
  const said = { card: card.uuid, outcome: "overridden", ...(Object.keys(why).length ? { overrideReason: why } : {}) };
  decide(card, reason ? t("Overridden: {reason}.", { reason: reason.display ?? reason.code }) : t("Overridden."), feedback(service, said));
  showCards(screen.asked, screen.hook);
}

/** Keep what was decided, and add whether the service has taken the feedback once that is known. */
async function decide(card, said, sending) {
  const decision = { card, said, heard: t("Sending your feedback …") };
  screen.decisions.set(keyOf(card), decision);
  at("cards-heading").focus({ preventScroll: true });
  try {
    const { status } = await sending;
    decision.heard = status === 200 ? t("The service has stored this feedback.") : t("The service does not store feedback here ({status}).", { status });
  } catch {
    decision.heard = t("The feedback could not be sent.");
  }
  if (screen.decisions.get(keyOf(card)) === decision) showCards(screen.asked, screen.hook);
}

start();
