"use strict";
// A word of a translation has its weights for the words of the source, in percent, in data-weights.
{
  let selected = null;

  const words = (line) => [...line.querySelectorAll(".word")];
  const weights = (word) => word.dataset.weights.split(" ").map(Number);
  const isolated = (text) => `\u2068${text}\u2069`; // with a direction of its own

  function named(others, percents, most) {
    return others
      .map((word, index) => [percents[index], word.textContent])
      .filter(([percent]) => percent >= 1)
      .sort((one, other) => other[0] - one[0])
      .slice(0, most)
      .map(([percent, text]) => `${isolated(text)} ${percent} %`)
      .join(" · ") || "nothing"; // separated by a dot, because a comma may be a word
  }

  function shade(others, percents) {
    others.forEach((word, index) => word.style.setProperty("--weight", percents[index]));
  }

  function clear() {
    if (!selected) return;
    const article = selected.closest("article");
    for (const word of article?.querySelectorAll(".word") ?? []) {
      word.style.removeProperty("--weight");
      word.classList.remove("selected");
    }
    if (article) article.querySelector(".readout").textContent = "";
    selected = null;
  }

  function show(word) {
    if (word === selected) return;
    clear();
    if (!word) return;
    selected = word;
    word.classList.add("selected");
    const [source, ...translations] = word.closest("article").querySelectorAll(".words");
    const parts = [];
    if (word.dataset.weights) {
      shade(words(source), weights(word));
      parts.push(named(words(source), weights(word), 3));
    } else {
      const index = words(source).indexOf(word);
      for (const line of translations) {
        const percents = words(line).map((other) => weights(other)[index]);
        shade(words(line), percents);
        const name = translations.length > 1 ? `${isolated(line.dataset.name)}: ` : "";
        parts.push(name + named(words(line), percents, Math.max(1, 4 - translations.length)));
      }
    }
    word.closest("article").querySelector(".readout").textContent =
      `${isolated(word.textContent)} – ${parts.join("; ")}`;
  }

  function focused() {
    const word = document.activeElement;
    return word && word.matches(".word") ? word : null;
  }

  function next(word, key) {
    const line = words(word.parentElement);
    const backwards = getComputedStyle(word.parentElement).direction === "rtl";
    const step = { ArrowRight: backwards ? -1 : 1, ArrowLeft: backwards ? 1 : -1 }[key];
    if (step) return line[line.indexOf(word) + step] || word;
    return { Home: line[0], End: line[line.length - 1] }[key];
  }

  const wordAt = (event) => event.target.closest?.(".words .word");

  // On the document, so that words can be added at any time, as the translating page does.
  document.addEventListener("pointerover", (event) => show(wordAt(event) || focused()));
  document.documentElement.addEventListener("pointerleave", () => show(focused()));
  document.addEventListener("focusin", (event) => {
    if (!wordAt(event)) return;
    for (const word of words(event.target.parentElement)) word.tabIndex = word === event.target ? 0 : -1;
    show(event.target);
  });
  document.addEventListener("focusout", clear);
  document.addEventListener("keydown", (event) => {
    const word = wordAt(event) && next(event.target, event.key);
    if (!word || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    word.focus();
  });
}
