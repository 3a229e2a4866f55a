// Draft orders: what the order form reads and writes, and what the actions of a suggestion do to them.
import { uuid } from "./client.js";
import { t } from "./words.js";

const UCUM = "http://unitsofmeasure.org";

export const referenceOf = (resource) => `${resource.resourceType}/${resource.id}`;
export const isDrug = (resource) => resource.resourceType === "MedicationRequest";

const quantityOf = (order) => order.dosageInstruction?.[0]?.doseAndRate?.[0]?.doseQuantity;
const isBilling = (coding) => /hcpcs/i.test(coding.system ?? "");

/** Read the fields of the form from an order. */
export function fieldsOf(order) {
  const concept = order.medicationCodeableConcept ?? {};
  const quantity = quantityOf(order);
  return {
    text: concept.text ?? "",
    dose: quantity?.value === undefined ? "" : String(quantity.value),
    unit: quantity?.unit ?? "mg",
    hcpcs: concept.coding?.find(isBilling)?.code ?? "",
  };
}

/** Put a drug of the list in the place of the order's own; the dose stays, as it does in an EHR. */
export function setDrug(order, drug) {
  const quantity = quantityOf(order);
  order.medicationCodeableConcept = structuredClone(drug.concept);
  order.dosageInstruction = [structuredClone(drug.dosage)];
  if (quantity) order.dosageInstruction[0].doseAndRate = [{ doseQuantity: quantity }];
}

/** Write the order text; an order without one has none. */
export function setText(order, text) {
  const concept = order.medicationCodeableConcept;
  if (text) concept.text = text;
  else delete concept.text;
}

/** Write the dose; an empty field is an order that does not say. */
export function setDose(order, number, unit) {
  const instruction = ((order.dosageInstruction ??= [{}])[0] ??= {});
  if (number === "" || !Number.isFinite(Number(number))) delete instruction.doseAndRate;
  else instruction.doseAndRate = [{ doseQuantity: { value: Number(number), unit, system: UCUM, code: unit } }];
}

/** Write the billing code beside the codes of the drug. */
export function setBilling(order, code, system) {
  const concept = order.medicationCodeableConcept;
  const others = (concept.coding ?? []).filter((coding) => !isBilling(coding));
  const codings = code ? [...others, { system, code }] : others;
  if (codings.length) concept.coding = codings;
  else delete concept.coding;
}

/** Say an order in two lines, as a list of orders would. */
export function described(order) {
  const code = order.medicationCodeableConcept ?? order.code ?? {};
  const instruction = order.dosageInstruction?.[0];
  const quantity = quantityOf(order);
  const repeat = instruction?.timing?.repeat;
  const every = repeat ? (repeat.period === 1 ? t("every week") : t("every {count} weeks", { count: repeat.period })) : "";
  const dose = quantity ? `${quantity.value} ${quantity.unit}` : isDrug(order) ? t("no dose") : t("test, draft order");
  const name = code.text ?? code.coding?.find((coding) => coding.display)?.display ?? t("Order without a name");
  return { name, facts: [dose, every].filter(Boolean).join(", ") };
}

/** Apply the FHIR actions of a suggestion; gives the orders as they are then. */
export function applied(orders, actions) {
  let result = [...orders];
  for (const action of actions ?? []) {
    const { type, resource, resourceId } = action;
    const target = type === "delete" ? resourceId : resource && referenceOf(resource);
    if (type === "delete") result = result.filter((each) => referenceOf(each) !== target);
    if (type === "update") result = result.map((each) => (referenceOf(each) === target ? resource : each));
    if (type === "create") result = [...result, { ...resource, id: resource.id ?? uuid() }];
  }
  return result;
}
