"use strict";
// The user interface. The worker translates; the words and their shades are those of the report's page.js.

const PAUSE = 250; // milliseconds without a key before a text is translated
const MOST_SENTENCES = 50; // whose words are shown: each takes some ten elements
const MOST_PIXELS = 16e6; // of a picture: some browsers draw no larger ones
const PICTURE = { paper: "#ffffff", ink: "#1f2328", shade: "255 176 46" }; // the colours of a picture that is saved

const part = (id) => document.getElementById(id);
const model = part("page").dataset;
const code = new Blob([part("worker").textContent], { type: "text/javascript" });
const worker = new Worker(URL.createObjectURL(code));
const drawn = new WeakMap(); // the alignment of each article
// Blocks sent, texts asked for, sentences shown; then the state.
let [sent, asked, shown, isReady, timer, current] = [0, 0, 0, false, 0, null];

// Sends the blocks that have arrived to the worker, all but the last one, which may be incomplete.
function send(isComplete) {
  const blocks = [...document.querySelectorAll("script.weights")];
  for (const block of isComplete ? blocks : blocks.slice(0, -1)) {
    worker.postMessage({ kind: "block", text: block.textContent });
    block.remove(); // its memory is free from now on
    part("loaded").value = ++sent / model.blocks;
  }
}

function state(text, failed = false) {
  part("state").textContent = text;
  part("state").classList.toggle("failed", failed);
}

function ask() {
  if (!isReady) return;
  const beamSize = Math.min(10, Math.max(1, Math.round(part("beam").valueAsNumber) || 1));
  const nBest = part("three").checked ? 3 : 1;
  const config = { beamSize: Math.max(beamSize, nBest), nBest, lengthPenalty: 1 };
  shown = 0;
  part("translation").setAttribute("aria-busy", "true");
  state(part("source").value.trim() ? "Translating" : "");
  worker.postMessage({ kind: "translate", id: ++asked, lines: part("source").value.split("\n"), config });
}

function askSoon() {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE);
}

function created(name, properties = {}, ...content) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...content);
  return element;
}

// Puts `element` in place of the child at `index`.
function place(parent, index, element) {
  while (parent.children.length < index) parent.append(created("div"));
  if (parent.children[index]) parent.children[index].replaceWith(element);
  else parent.append(element);
}

function showLine({ id, index, best, alignments }) {
  if (id !== asked) return;
  const [first, ...others] = best;
  const listed = others.map(({ text, score }) => created("li", { dir: "auto", title: `score ${score.toFixed(2)}` }, text));
  const line = created("div", {}, created("p", { dir: "auto", className: "translated" }, first.text));
  if (listed.length) line.append(created("ol", { start: 2 }, ...listed));
  place(part("translation"), index, line);
  const title = part("source").value.includes("\n") ? `Line ${index + 1}` : "";
  const sentences = alignments.slice(0, MOST_SENTENCES - shown);
  shown += sentences.length;
  place(part("sentences"), index, created("div", {}, ...sentences.map((each) => article(title, each))));
}

function article(title, alignment) {
  const shares = alignment.weights.map((row) => row.map((weight) => Math.round(100 * weight)).join(" "));
  const line = (name, text) => created("div", { className: "line" }, created("span", { className: "label" }, name), text);
  const element = created("article", {}, created("h4", {}, title), created("p", { className: "readout", role: "status" }),
    line("source", words("source", alignment.source, part("source").lang)),
    line("translation", words("translation", alignment.target, part("translation").lang, shares)));
  drawn.set(element, alignment);
  return element;
}

function words(name, list, lang, shares = []) {
  const spans = list.map(({ text, isEnd }, index) => {
    const end = isEnd ? { lang: "en", "aria-label": "end of sentence" } : {};
    const share = shares.length ? { "data-weights": shares[index] } : {};
    return created("span", { className: isEnd ? "word end" : "word", role: "option", tabIndex: index ? -1 : 0, ...end, ...share }, text);
  });
  const spaced = spans.flatMap((span, index) => (index && list[index].isSpaced ? [" ", span] : [span]));
  return created("div", { className: "words", role: "listbox", "aria-orientation": "horizontal",
    "aria-label": `${name}, by words`, lang, dir: "auto", "data-name": name }, ...spaced);
}

function finish({ id, milliseconds }) {
  if (id !== asked) return;
  const count = part("source").value.split("\n").length;
  for (const list of [part("translation"), part("sentences")]) while (list.children.length > count) list.lastChild.remove();
  part("translation").setAttribute("aria-busy", "false");
  const isEmpty = !part("source").value.trim();
  part("copy").disabled = isEmpty;
  state(isEmpty ? "" : `Translated in ${(milliseconds / 1000).toFixed(2)} s`);
  show(document.querySelector("#sentences article"));
}

// Draws the matrix of an article.
function show(element) {
  current = drawn.get(element) ?? null;
  part("attention").hidden = !current;
  if (!current) return;
  const style = getComputedStyle(document.documentElement);
  const [paper, ink, shade] = ["paper", "ink", "shade"].map((name) => style.getPropertyValue(`--${name}`).trim());
  draw(part("matrix"), current, { paper, ink, shade });
  part("matrix").setAttribute("aria-label",
    `Attention of ${current.target.length} target words to ${current.source.length} source words`);
}

function draw(canvas, { source, target, weights }, { paper, ink, shade }) {
  const [cell, gap] = [28, 8];
  const context = canvas.getContext("2d");
  const font = "14px system-ui, sans-serif";
  context.font = font;
  const longest = (list) => Math.min(220, Math.max(...list.map(({ text }) => context.measureText(text).width))) + gap;
  const [left, top] = [longest(target) + gap, longest(source) * 0.75 + 2 * gap];
  const [width, height] = [left + cell * source.length + longest(source) * 0.75, top + cell * target.length + gap];
  const scale = Math.min(Math.max(2, devicePixelRatio), Math.sqrt(MOST_PIXELS / (width * height)));
  Object.assign(canvas, { width: width * scale, height: height * scale });
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  context.scale(scale, scale);
  context.fillStyle = paper;
  context.fillRect(0, 0, width, height);
  Object.assign(context, { font, textBaseline: "middle", fillStyle: ink, textAlign: "right" });
  target.forEach(({ text }, t) => context.fillText(text, left - gap, top + cell * (t + 0.5), 220));
  context.textAlign = "left";
  source.forEach(({ text }, s) => {
    context.save();
    context.translate(left + cell * (s + 0.5), top - gap);
    context.rotate(-Math.PI / 4);
    context.fillText(text, 0, 0, 220);
    context.restore();
  });
  context.strokeStyle = `rgb(${shade} / 35%)`;
  weights.forEach((row, t) => row.forEach((weight, s) => {
    context.fillStyle = `rgb(${shade} / ${Math.round(100 * weight)}%)`;
    context.fillRect(left + cell * s, top + cell * t, cell, cell);
    context.strokeRect(left + cell * s, top + cell * t, cell, cell);
  }));
}

function save() {
  const canvas = created("canvas");
  draw(canvas, current, PICTURE);
  canvas.toBlob((picture) => {
    const link = created("a", { href: URL.createObjectURL(picture), download: "attention.png" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
}

async function copy() {
  const text = [...document.querySelectorAll(".translated")].map((line) => line.textContent).join("\n");
  try {
    await navigator.clipboard.writeText(text);
    state("Copied");
  } catch {
    getSelection().selectAllChildren(part("translation")); // the browser lets nothing be copied by itself
    state("Selected: copy it with the keyboard or the menu");
  }
}

function ready() {
  isReady = true;
  part("loaded").hidden = true;
  state("");
  if (part("source").value) ask();
}

function fail(message) {
  if (!isReady && part("state").className) return; // the first message tells the cause
  part("loaded").hidden = true;
  part("translation").setAttribute("aria-busy", "false");
  state(`The page cannot translate: ${message}`, true);
}

const ANSWERS = { ready, line: showLine, done: finish, error: ({ message }) => fail(message) };
worker.onmessage = ({ data }) => ANSWERS[data.kind](data);
worker.onerror = ({ message }) => fail(message);
worker.postMessage({ kind: "begin", size: Number(model.size), compressed: Number(model.compressed) });
const arrivals = new MutationObserver(() => send(false));
arrivals.observe(document.body, { childList: true });
document.addEventListener("DOMContentLoaded", () => {
  arrivals.disconnect();
  send(true);
  worker.postMessage({ kind: "load", size: Number(model.size) });
});
part("source").addEventListener("input", askSoon);
for (const id of ["beam", "three"]) part(id).addEventListener("change", ask);
part("copy").addEventListener("click", copy);
part("save").addEventListener("click", save);
for (const kind of ["pointerover", "focusin"]) {
  part("sentences").addEventListener(kind, (event) => {
    const element = event.target.closest("article");
    if (element && drawn.get(element) !== current) show(element);
  });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show(document.querySelector("#sentences article")));
