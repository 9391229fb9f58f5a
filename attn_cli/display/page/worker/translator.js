// Lines of text in, translations out, as in decoding/translator.py, and the attention between words, as in alignment.py.
const NO_TEXT = /[\u00ad\ufffd]/g;
const CONTROLS = /[\0-\x1f\x7f-\x9f\u2028\u2029]/g;
const MOST_REMEMBERED = 2000; // searches, so that only the sentence that is being typed is translated again

const oneLine = (text) => text.replace(CONTROLS, " ").trim();

class Translator {
  constructor(engine, tokenizer, rules) {
    Object.assign(this, { engine, tokenizer, segmenter: new Segmenter(tokenizer, rules), searches: new Map() });
  }

  // Returns the best translations of a line, each with text and score, and the words of each segment of the best one.
  async translate(line, config, pause) {
    const sentences = this.segmenter.sentences(line);
    if (!sentences.length) return { best: [{ text: oneLine(line) }], alignments: [] };
    let lines = [{ chosen: [], logp: 0, length: 0 }];
    const value = ({ logp, length }) => (length ? score(logp, length, config) : 0);
    for (const sentence of sentences) {
      for (const candidates of [[copied(" ")], ...(await this.candidates(sentence, config, pause))]) {
        const longer = lines.flatMap(({ chosen, logp, length }) => candidates.slice(0, config.nBest).map((candidate) => (
          { chosen: [...chosen, candidate], logp: logp + candidate.logp, length: length + candidate.length })));
        lines = longer.sort((one, other) => value(other) - value(one)).slice(0, config.nBest);
      }
    }
    const text = ({ chosen }) => oneLine(chosen.map((candidate) => candidate.text).join(""));
    const segments = lines[0].chosen.filter(({ segment }) => segment);
    return {
      best: lines.map((each) => ({ text: text(each), score: value(each) })),
      alignments: segments.map((candidate) => this.aligned(candidate)),
    };
  }

  // Returns the candidates for each part of a sentence, so that no literal is lost.
  async candidates(sentence, config, pause) {
    let found = [];
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      found = [];
      for (const part of this.segmenter.parts(sentence, attempt)) {
        found.push(typeof part === "string" ? [copied(part)] : await this.translations(part, config, pause));
      }
      if (found.every(([best]) => best.isWhole)) break;
    }
    return found;
  }

  async translations(segment, config, pause) {
    const key = JSON.stringify([segment.tokens, config]);
    const results = this.searches.get(key) ?? (await search(this.engine, segment.tokens, config, pause));
    if (this.searches.size >= MOST_REMEMBERED) this.searches.clear();
    this.searches.set(key, results);
    const kept = segment.held.length || config.nBest > 1 ? results : results.slice(0, 1);
    const candidates = kept.map((hypothesis) => {
      const text = this.tokenizer.decode(hypothesis.tokens).replace(NO_TEXT, "");
      return { ...hypothesis, segment, text: segment.restored(text), isWhole: segment.isHeldBy(text) };
    });
    return candidates.sort((one, other) => other.isWhole - one.isWhole);
  }

  // Returns the words of source and translation, and how much each target word attends to each source word. Weights are
  // summed over the pieces of a source word, and averaged over those of a target word.
  aligned({ segment, tokens, weights }) {
    const [source, target] = [this.words(segment.tokens.slice(0, -1), segment), this.words(tokens, segment)];
    const over = (list, index) => list[index + 1]?.begin ?? list[index].begin + 1; // where the next word begins
    const rows = target.map(({ begin }, index) => weights.slice(begin, over(target, index)));
    const average = (some, s) => some.reduce((sum, row) => sum + row[s], 0) / (some.length || 1);
    const share = (some, index) => {
      let sum = 0;
      for (let s = source[index].begin; s < over(source, index); s++) sum += average(some, s);
      return sum;
    };
    return { source, target, weights: rows.map((some) => source.map((_, index) => share(some, index))) };
  }

  // Returns the words of tokens, the end mark as the last one, with the index at which each begins.
  words(tokens, segment) {
    const [text, begins] = [this.tokenizer.decode(tokens), []];
    for (let index = 0; index < tokens.length; index++) {
      const before = this.tokenizer.decode(tokens.slice(0, index)); // within a character no prefix of the text
      this.segmenter.wordBegins.lastIndex = before.length;
      if (!index || (before && text.startsWith(before) && this.segmenter.wordBegins.test(text))) begins.push(index);
    }
    const words = begins.map((begin, index) => ({
      text: segment.restored(this.tokenizer.decode(tokens.slice(begin, begins[index + 1])).trim()),
      isSpaced: this.tokenizer.pieces[tokens[begin]].startsWith(SPACE),
      begin,
    }));
    return [...words, { text: "end", isSpaced: true, isEnd: true, begin: tokens.length }];
  }
}

const copied = (text) => ({ text, logp: 0, length: 0, isWhole: true });
