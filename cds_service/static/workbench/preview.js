// The answer follows the form: at every change the form is sent, and the part of the page that it is about is replaced.
import { t } from "./words.js";

const form = document.querySelector("#what-if");
const told = document.querySelector("#told");
let waiting = 0;
let latest = 0;
// For another caller other values are in force: those stand on the whole page.
let isWhole = false;

async function refresh() {
  const mine = ++latest;
  told.textContent = "…";
  let answer;
  try {
    answer = await fetch(isWhole ? form.action : form.dataset.result, { method: "POST", body: new FormData(form) });
  } catch {
    told.textContent = t("The service cannot be reached.");
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (mine !== latest) return;
  const result = page.querySelector("#result");
  if (!answer.ok || answer.redirected || !result) {
    told.textContent = t("Not answered. Load the page again; you may have been signed out.");
    return;
  }
  document.querySelector("#result").replaceWith(result);
  for (const cell of page.querySelectorAll("[data-in-force]")) {
    document.querySelector(`[data-in-force="${cell.dataset.inForce}"]`).textContent = cell.textContent;
    isWhole = false;
  }
  const cards = result.querySelectorAll(".card").length;
  told.textContent = cards === 1 ? t("1 card shown.") : t("{count} cards shown.", { count: cards });
}

form.addEventListener("input", (event) => {
  // What is searched for changes no card.
  if (event.target.closest(".find")) return;
  clearTimeout(waiting);
  isWhole ||= event.target.id === "profile";
  waiting = setTimeout(refresh, 250);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  refresh();
});
document.querySelector("#pasted").addEventListener("input", () => {
  document.querySelector("#case").value = "pasted";
});
