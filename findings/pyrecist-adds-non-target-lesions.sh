#!/usr/bin/env bash
# A calculator of tumor response adds non-target lesions to the target lesions, so a progression becomes stable disease.
#
# Version: pyrecist 0.1.0 (RECIST 1.1). Seen: a target lesion that grows from 40 to 50 mm is PD, progressive disease. With a row for a
# non-target lesion of 60 mm at both dates, in the same file, it is SD, stable disease: 110 mm after 100. One that shrinks from 40 to
# 20 mm is PR, partial response, and SD beside such a row. A target lesion that is gone, 0 mm, is PR, though CR, complete response, is among
# its classes. Expected: PD and PR with and without the row, and CR. RECIST sums up target lesions alone, and so does the
# package by its own description. The category of each lesion is a required column and is checked for its two values; nothing
# else reads it. Why it matters: HER2 drugs are given until the disease progresses. A lesion that was followed and did
# not change is enough to hide a growth of a quarter, and the patient stays on a drug that has failed.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'pyrecist==0.1.0' 'pandas==2.3.3'
cd "$folder"
"$folder/venv/bin/python" - <<'PYTHON'
import csv
import warnings

from pyrecist.assessment import Evaluator
from pyrecist.data import Reader

warnings.filterwarnings("ignore")
HEADER = ("patient_id", "study_date", "measurement", "lesion_label_alias", "lesion_category")
BASELINE, FOLLOW_UP = 20260801, 20261101


def classify(before: float, after: float, *, with_non_target: bool) -> tuple:
    rows = [(1, BASELINE, before, "A", "target"), (1, FOLLOW_UP, after, "A", "target")]
    if with_non_target:
        rows += [(1, day, 60, "B", "non-target") for day in (BASELINE, FOLLOW_UP)]
    with open("lesions.csv", "w", newline="") as file:
        csv.writer(file).writerows((HEADER, *rows))
    reader = Reader()
    reader.read_measurements("lesions.csv")
    (row,) = Evaluator(reader).evaluate_recist().to_dict("records")
    return row["baseline_burden"], row["current_burden"], row["classification"]


SEEN = (
    (40, 50, False, (40, 50, "PD")),
    (40, 50, True, (100, 110, "SD")),
    (40, 20, False, (40, 20, "PR")),
    (40, 20, True, (100, 80, "SD")),
    (40, 0, False, (40, 0, "PR")),
)
for before, after, with_non_target, expected in SEEN:
    answer = classify(before, after, with_non_target=with_non_target)
    print(f"target {before} to {after} mm", "with a non-target lesion:" if with_non_target else "alone:", *answer)
    assert answer == expected, "it now sums up or classifies in another way"
PYTHON
echo "as described"
