// The words of the workbench's scripts: the page has those of its language in its body, and none where it is in English.
import { t, take } from "../tryit/words.js";

take(JSON.parse(document.body.dataset.words ?? "{}"));

export { t };
