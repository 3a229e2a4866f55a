// Of some two hundred controls, those that are set and those that are searched for. Without a script all are there.
import { t } from "./words.js";

const panel = document.querySelector(".find");
const find = document.querySelector("#find");
const all = document.querySelector("#show-all");
const told = document.querySelector("#found");
const edit = document.querySelector("#edit");
const rows = [...document.querySelectorAll("tr[data-find]")];

function isSet(row) {
  return [...row.querySelectorAll("input, select")].some((control) => control.value !== "");
}

function refresh() {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const isShown = (row) => all.checked || (words.length ? words.every((word) => row.dataset.find.includes(word)) : isSet(row));
  let count = 0;
  for (const row of rows) {
    row.hidden = !isShown(row);
    count += !row.hidden;
  }
  for (const family of document.querySelectorAll("details.family")) {
    const own = [...family.querySelectorAll("tr[data-find]")];
    if (!own.length) continue;
    family.hidden = own.every((row) => row.hidden);
    family.open = !family.hidden;
  }
  if (all.checked) told.textContent = "";
  else if (words.length) told.textContent = t("{count} of {of} found.", { count, of: rows.length });
  else told.textContent = count ? t("{count} set; the other {rest} are as the files have them.", { count, rest: rows.length - count }) : t("Nothing is set. Find what you want to set.");
}

panel.hidden = false;
find.addEventListener("input", refresh);
find.addEventListener("keydown", (event) => {
  // Enter would send the form.
  if (event.key === "Enter") event.preventDefault();
});
all.addEventListener("input", refresh);
refresh();

// Whoever leaves with something typed is asked first.
if (edit) {
  let isUnsaved = "unsaved" in edit.dataset;
  edit.addEventListener("input", (event) => {
    isUnsaved ||= !event.target.closest(".find");
  });
  edit.addEventListener("submit", () => {
    isUnsaved = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (isUnsaved) event.preventDefault();
  });
}
