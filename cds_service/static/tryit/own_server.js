// "My FHIR server, this patient, this drug": a chart that is read from a server, in the place of a scenario.
import { problem, read } from "./client.js";
import { dayOf, t } from "./words.js";

const at = (id) => document.getElementById(id);

/**
 * Listen to the form, where it is offered. `opened` gets the patient, the prefetch and the orders of what was read. `failed`
 * gets why nothing was read: the answer about an earlier chart must not stand as one about this.
 */
export function listenToOwnServer(opened, failed) {
  const fail = (why) => {
    at("own-status").textContent = why;
    failed(t("Not checked: {why}", { why }));
  };
  at("own-form")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [server, patient, drug, dose] = ["server", "patient", "drug", "dose"].map((id) => at(`own-${id}`).value.trim());
    at("own-status").textContent = t("Reading the chart …");
    try {
      const exchanged = await read(server, patient, drug, dose);
      if (exchanged.status !== 200) {
        fail(exchanged.body?.issue?.[0]?.details?.text ?? problem(exchanged));
        return;
      }
      const { request, missing = {} } = exchanged.body;
      at("own-status").textContent = told(missing);
      opened({
        patient: request.context.patientId,
        prefetch: request.prefetch,
        orders: request.context.draftOrders.entry.map((entry) => entry.resource),
      });
    } catch {
      fail(t("The service cannot be reached."));
    }
  });
}

function told(missing) {
  const lines = Object.entries(missing).map(([key, why]) => `${key}: ${why}`);
  return lines.length ? t("Read, except for {lines}.", { lines: lines.join("; ") }) : t("The chart was read.");
}

/** Say whose chart it is, in a line. */
export function ownFacts({ patient, prefetch }) {
  const person = prefetch.patient ?? {};
  const facts = [person.gender && sexOf(person.gender), person.birthDate && t("born {day}", { day: dayOf(person.birthDate) })].filter(Boolean);
  return { name: nameOf(person) || t("Patient {id}", { id: patient }), facts: facts.length ? `${facts.join(", ")}.` : "" };
}

function sexOf(gender) {
  return t("Sex {sex}", { sex: { female: t("female"), male: t("male") }[gender] ?? gender });
}

function nameOf(person) {
  const name = person.name?.[0];
  return name?.text ?? [...(name?.given ?? []), name?.family].filter(Boolean).join(" ");
}
