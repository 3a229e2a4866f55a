// The words of the page in the language of the browser; a sentence without a translation is said in English.

let words = {};

/** Take the translations, by their English. */
export function take(given) {
  words = given ?? {};
}

/** Write a day of the chart as the language of the page does; English as FHIR writes it. */
export function dayOf(written) {
  const { lang } = document.documentElement;
  const day = new Date(`${written}T00:00:00Z`);
  if (!lang || lang === "en" || Number.isNaN(day.getTime())) return written;
  return new Intl.DateTimeFormat(lang, { day: "2-digit", month: "2-digit", year: "numeric", timeZone: "UTC" }).format(day);
}

/** Say a sentence, with values for its {placeholders}. */
export function t(english, values = {}) {
  const said = Object.hasOwn(words, english) ? words[english] : english;
  return said.replace(/\{([a-z_]+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}
