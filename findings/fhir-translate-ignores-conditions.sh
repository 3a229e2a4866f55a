#!/usr/bin/env bash
# A ConceptMap translator for FHIR gives every target of a code, also those whose stated condition is known not to hold.
#
# Version: @synanetics/fhir-translate 1.2.0 (R4). Seen: a site's code for trastuzumab maps to 224905 with dependsOn "route is IV" and to
# 2119717 with dependsOn "route is SC"; asked with the dependency "route is SC", with "route is IM" and with none at all, it
# answers the same each time: result true, and both targets as "equivalent". Expected: the second alone, no match, and a
# match only with its condition, since R4 says that a mapping holds only if its dependencies are met, and $translate has
# an input for them. It keeps to the rest: a target that is "disjoint" or "unmatched" gives the result false. Why it matters: two
# routes of one antibody have different doses (a fixed 600 mg under the skin, mg/kg into a vein). Whoever takes the first
# match judges the one by the other's limits, and "equivalent" leaves no reason to look again.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts '@synanetics/fhir-translate@1.2.0' >/dev/null
cat >seen.cjs <<'JAVASCRIPT'
const assert = require("node:assert");
const { conceptMapTranslate } = require("@synanetics/fhir-translate");

const SITE = "https://hospital.example.org/drugs";
const ROUTE = "https://hospital.example.org/route";
const target = (code, equivalence, route) => ({
  code,
  equivalence,
  ...(route && { dependsOn: [{ property: ROUTE, value: route }] }),
});
const map = (...targets) => ({
  resourceType: "ConceptMap",
  status: "active",
  group: [
    {
      source: SITE,
      target: "http://www.nlm.nih.gov/research/umls/rxnorm",
      element: [{ code: "TRAS", target: targets }],
    },
  ],
});
const dependency = (route) => ({
  name: "dependency",
  part: [
    { name: "element", valueUri: ROUTE },
    { name: "concept", valueCodeableConcept: { coding: [{ code: route }], text: route } },
  ],
});
const translated = (conceptMap, ...more) => {
  const parameter = [{ name: "coding", valueCoding: { system: SITE, code: "TRAS" } }, ...more];
  const answer = conceptMapTranslate({
    parameters: { resourceType: "Parameters", parameter },
    fhirVersion: "r4",
    conceptMaps: [conceptMap],
  });
  const [result, ...matches] = answer.parameter;
  const codes = matches.map(({ part }) => part.map((each) => each.valueCode ?? each.valueCoding.code).join(" "));
  return { result: result.valueBoolean, codes };
};

const byRoute = map(target("224905", "equivalent", "IV"), target("2119717", "equivalent", "SC"));
for (const [route, given] of [["SC", [dependency("SC")]], ["IM", [dependency("IM")]], ["unknown", []]]) {
  const seen = translated(byRoute, ...given);
  console.log(`route ${route}:`, seen);
  assert.deepStrictEqual(seen, { result: true, codes: ["equivalent 224905", "equivalent 2119717"] });
}
assert.equal(translated(map({ ...target("224905", "disjoint"), comment: "another antibody" })).result, false);
JAVASCRIPT
node seen.cjs
echo "as described"
