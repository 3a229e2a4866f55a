// The words of the page in the language of the browser; a sentence without a translation is said in English.

let words = {};

/** Take the translations, by their English. */
export function take(given) {
  words = given ?? {};
}

/** Say a sentence, with values for its {placeholders}. */
export function t(english, values = {}) {
  const said = Object.hasOwn(words, english) ? words[english] : english;
  return said.replace(/\{([a-z_]+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}
