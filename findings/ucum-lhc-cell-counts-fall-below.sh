#!/usr/bin/env bash
# ucum-lhc converts a cell count between two spellings of the same unit, and the number comes out a little lower.
#
# Version: @lhncbc/ucum-lhc 7.1.10. Seen: 75 10*3/uL is 74.99999999999999 10*9/L, and so for 0.5, 1, 1.5, 25, 50 and 100; the
# other way each comes out a little higher. 0.67 ukat/L is 40.2 U/L, exactly.
# Expected: the same number, since a thousand per microliter and 10 to the ninth per liter are one unit, and the numbers above
# are exact in binary. Why it matters: labels hold a drug "below 75 x 10*9/L" or resume it "at 75 or more". A count that stands
# exactly at the limit crosses it by being converted, in the one direction that laboratories of the United States need.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund '@lhncbc/ucum-lhc@7.1.10' >/dev/null
cat >seen.cjs <<'JAVASCRIPT'
const assert = require("node:assert");
const units = require("@lhncbc/ucum-lhc").UcumLhcUtils.getInstance();

const limits = [0.5, 1, 1.5, 25, 50, 75, 100];
const converted = (from, to) => limits.map((limit) => units.convertUnitTo(from, limit, to).toVal);
const up = converted("10*3/uL", "10*9/L");
const down = converted("10*9/L", "10*3/uL");
console.log("10*3/uL as 10*9/L:", up.join(" "));
console.log("10*9/L as 10*3/uL:", down.join(" "));
limits.forEach((limit, at) => {
  assert.ok(up[at] < limit, `${limit} 10*3/uL no longer falls below itself`);
  assert.ok(down[at] > limit, `${limit} 10*9/L no longer rises above itself`);
});
assert.equal(units.convertUnitTo("ukat/L", 0.67, "U/L").toVal, 40.2);
JAVASCRIPT
node seen.cjs
