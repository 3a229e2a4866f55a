// The EHR's side of prefetch: answers the queries of discovery from the chart of the scenario.

const KNOWN = new Set(["patient", "code", "status", "_sort", "_count"]);

/**
 * Answer a prefetch template: the resource, a searchset, or undefined for a query that cannot be carried out.
 * An unanswered key is left out of the request; the service then knows that it does not know.
 */
export function answer(template, context, chart) {
  const query = template.replace(/\{\{context\.(\w+)\}\}/g, (_, name) => encodeURIComponent(context[name] ?? ""));
  if (query.includes("{{")) return undefined;
  const [path, search] = query.split("?");
  if (search === undefined) return read(path, chart);
  const wanted = new URLSearchParams(search);
  if ([...wanted.keys()].some((name) => !KNOWN.has(name))) return undefined;
  let found = chart.filter((each) => each.resourceType === path && matches(each, wanted));
  if (wanted.get("_sort") === "-date") found = found.toSorted(newestFirst);
  found = found.slice(0, Number(wanted.get("_count") ?? found.length));
  const bundle = { resourceType: "Bundle", type: "searchset", total: found.length };
  return found.length ? { ...bundle, entry: found.map((resource) => ({ resource })) } : bundle;
}

/** Compare two resources by date, the newest first. */
export function newestFirst(one, other) {
  return (other.effectiveDateTime ?? "").localeCompare(one.effectiveDateTime ?? "");
}

function read(path, chart) {
  const [type, id] = path.split("/").map(decodeURIComponent);
  return chart.find((each) => each.resourceType === type && each.id === id) ?? null;
}

function matches(resource, wanted) {
  const patient = wanted.get("patient");
  if (patient && resource.subject?.reference !== `Patient/${patient}`) return false;
  const status = wanted.get("status");
  if (status && !status.split(",").includes(resource.status)) return false;
  const code = wanted.get("code");
  const codes = (resource.code?.coding ?? []).map((coding) => `${coding.system}|${coding.code}`);
  return !code || code.split(",").some((token) => codes.includes(token));
}
