/* Mounts something on every element with this id that has nothing yet; its words, in the language of its reader. */

const EXTRAS = []; /* what only some pages have beside: each makes, of a stepper, what goes into its hooks */

function everywhere(mount, id, css, ...given) {
  for (const host of document.querySelectorAll(`[id="${id}"]`)) if (!host.shadowRoot) mount(host, css, ...given);
  /* Notebook 7 takes keys before they come here: it is told to leave those that no modifier makes its own. */
  const suppressed = (event) => !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey);
  const tell = (event) => event.target.id === id && event.target.toggleAttribute("data-lm-suppress-shortcuts", suppressed(event));
  addEventListener("keydown", tell, true);
}

function speaking(words) {
  let language = Object.keys(words)[0];
  const say = (key, fields = {}) =>
    (words[language].texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => (name === "nth" ? nth(fields[name]) : fields[name]));
  const nth = (n) => (words[language].ordinals === "en" ? `${n}${n % 100 > 10 && n % 100 < 14 ? "th" : ["th", "st", "nd", "rd"][n % 10] || "th"}` : n);
  say.phrase = (text) => words[language].phrases[text] ?? text;
  say.sentence = (index) => words[language].sentences[index];
  say.languages = Object.keys(words);
  say.now = () => language;
  say.choose = (other) => (language = other);
  return say;
}
