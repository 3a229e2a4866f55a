"""Prints what is read of each table, and every entry that is not: `python -m benchmarks.reading [TABLE ...]`."""

from __future__ import annotations

import sys

from benchmarks.reading.tables import count, names


def main(wanted: list[str]) -> int:
    """Count the tables; the exit status is 1 where anything was read wrong."""
    is_wrong = False
    for name in wanted or names():
        counts = count(name)
        share = 100 * len(counts.refused) / counts.total
        print(
            f"{name}: {counts.total} entries, {counts.right} right, {len(counts.refused)} refused ({share:.1f} %), "
            f"{len(counts.wrong)} wrong"
        )
        for heading, misses in (("wrong", counts.wrong), ("refused", counts.refused)):
            for miss in misses:
                right = " | ".join(miss.entry.right)
                print(f"  {heading}: {miss.entry.where}: {miss.entry.text!r} as {miss.read}; it is {right}")
        is_wrong = is_wrong or bool(counts.wrong)
    return int(is_wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
