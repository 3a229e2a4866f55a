// A CDS Hooks client: discovery first, then calls and feedback, each with what was sent, what came, and how long it took.
import { answer } from "./chart.js";
import { t } from "./words.js";

const PATIENT = "pat-1";
const USER = "Practitioner/onc-17";

/** Make a UUID; crypto.randomUUID is only there on https and on this machine. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Ask what is on offer. */
export async function discover() {
  return exchange("GET", "/cds-services");
}

/** Write the request for a service as an EHR would: the context of the hook, and a prefetch from the chart. */
export function hookRequest(service, chart, orders, selected) {
  const context = { userId: USER, patientId: PATIENT };
  if (service.hook === "order-select") context.selections = selected;
  context.draftOrders = { resourceType: "Bundle", type: "collection", entry: orders.map((resource) => ({ resource })) };
  const prefetch = {};
  for (const [key, template] of Object.entries(service.prefetch ?? {})) {
    const found = answer(template, context, chart);
    if (found !== undefined) prefetch[key] = found;
  }
  return { hook: service.hook, hookInstance: uuid(), context, prefetch };
}

/** Write the request for a service from a chart that was read from a FHIR server; what was not read stays left out. */
export function requestFrom(own, service, orders, selected) {
  const context = { userId: USER, patientId: own.patient };
  if (service.hook === "order-select") context.selections = selected;
  context.draftOrders = { resourceType: "Bundle", type: "collection", entry: orders.map((resource) => ({ resource })) };
  const asked = Object.keys(service.prefetch ?? {}).filter((key) => key in own.prefetch);
  const prefetch = Object.fromEntries(asked.map((key) => [key, own.prefetch[key]]));
  return { hook: service.hook, hookInstance: uuid(), context, prefetch };
}

/** Have the service read a chart: gives the request that an EHR would send, and what could not be read. */
export async function read(server, patient, drug, dose) {
  return exchange("POST", "/try-it/request", { server, patient, drug, dose });
}

/** Call a service. */
export async function call(service, request, signal) {
  return exchange("POST", `/cds-services/${service.id}`, request, signal);
}

/** Tell a service what became of a card. */
export async function feedback(service, entry) {
  const said = { ...entry, outcomeTimestamp: new Date().toISOString() };
  return exchange("POST", `/cds-services/${service.id}/feedback`, { feedback: [said] });
}

/** Ask what every rule answered in a decision; services tell it to their operators only. */
export async function explained(decision) {
  return exchange("GET", `/decisions/${decision}`);
}

async function exchange(method, path, sent, signal) {
  const options = { method, signal, headers: { Accept: "application/json" }, credentials: "omit" };
  if (sent !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(sent);
  }
  const began = performance.now();
  const response = await fetch(path, options);
  const text = await response.text();
  const milliseconds = performance.now() - began;
  const decision = response.headers.get("HER2-CDS-Decision");
  return { method, path, sent, status: response.status, body: parsed(text), milliseconds, decision };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Say in a sentence why there is no usable answer. */
export function problem(exchanged) {
  if (exchanged.status === 401 || exchanged.status === 403) {
    return t(
      'The service refused the call ({status}): it requires a signed token (JWT), and this page has none. To try it here, start a service with auth.mode: "off".',
      { status: exchanged.status },
    );
  }
  const said = exchanged.body?.issue?.[0]?.details?.text;
  const { status } = exchanged;
  return said ? t("The service answered {status}: {said}", { status, said }) : t("The service answered {status}.", { status });
}
