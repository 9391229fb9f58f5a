// From a line of text to segments, as in decoding/segmentation.py and text/analysis/, whose names it has. The regular
// expressions and the lists of words are those of the Python modules, written into the page.
const [ATTEMPTS, MAX_SEGMENT, MOST_LITERALS] = [3, 160, 30]; // see segmentation.py
const [SHORT, FAVOUR] = [3, 2]; // see casing.py
const INVISIBLE = /[\u00ad\u200b\u2060\ufeff]/g;
const CLOSING = /^[ \t\u00a0,;:.!?…)\]}»”]*/;
const NOT_IN_WORD = ["(?<![\\p{L}\\p{N}_])", "(?![\\p{L}\\p{N}_])"]; // before it, after it

const hasLetter = (text) => /\p{L}/u.test(text);
const isUpper = (text) => /\p{Lu}/u.test(text) && !/[\p{Ll}\p{Lt}]/u.test(text);
const isTitle = (word) => /^(?:\P{L}*[\p{Lu}\p{Lt}]\p{Ll}*)+\P{L}*$/u.test(word);
const isLower = (text) => /\p{Ll}/u.test(text) && !/[\p{Lu}\p{Lt}]/u.test(text);
const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

// Returns how often `literal` stands in `text`, not as a part of a longer word or number.
function occurrences(text, literal) {
  if (!text.includes(literal)) return 0; // no expression is made of a very long one, for which it would be too large
  const before = /^[\p{L}\p{N}]/u.test(literal) ? `${NOT_IN_WORD[0]}(?<!\\p{Nd}[.,:/])` : "";
  const ordinal = /^\p{Nd}+$/u.test(literal) ? "(?:er|re|e|st|nd|rd|th)?" : "";
  const after = /[\p{L}\p{N}]$/u.test(literal) ? `${ordinal}${NOT_IN_WORD[1]}(?![.,:/]\\p{Nd})` : "";
  return [...text.matchAll(new RegExp(before + escaped(literal) + after, "gu"))].length;
}

function areAdjacent(text, first, second) {
  return new RegExp(`${NOT_IN_WORD[0]}${first.word}\\s*${second.word}${NOT_IN_WORD[1]}`, "u").test(text);
}

function unmask(text, masks) {
  for (const { word, literal, spaceBefore, spaceAfter } of masks) {
    const [before, after] = [spaceBefore, spaceAfter].map((space) => (space ? "\\s*" : ""));
    const pattern = new RegExp(`${before}${NOT_IN_WORD[0]}${word}${NOT_IN_WORD[1]}${after}`, "gu");
    text = text.replace(pattern, () => literal);
  }
  return text;
}

// A text to translate, and how to make a part of the line of its translation.
class Segment {
  constructor(fields) { Object.assign(this, fields); }

  isHeldBy(translation) {
    const isHeld = this.held.every(([word, count]) => occurrences(translation, word) >= count);
    return isHeld && !this.apart.some(([first, second]) => areAdjacent(translation, first, second));
  }

  restored = (translation) => unmask(this.inCapitals ? translation.toUpperCase() : translation, this.masks);
}

class Segmenter {
  // `rules` has the expressions by name, as [source, flags], and the lists of words of the language.
  constructor(tokenizer, rules) {
    const expressions = Object.entries(rules.expressions).map(([name, parts]) => [name, new RegExp(...parts)]);
    const sets = Object.entries(rules.sets).map(([name, words]) => [name, new Set(words)]);
    Object.assign(this, { tokenizer, ...rules.others, ...Object.fromEntries([...expressions, ...sets]) });
  }

  // Returns the sentences of a line; none if it has no letter.
  sentences(line) {
    if (!hasLetter(line)) return [];
    const lines = line.replace(INVISIBLE, "").normalize("NFC").split(this.separators);
    return lines.flatMap((each) => this.split(each)).map((sentence) => sentence.trim()).filter(Boolean);
  }

  split(line) {
    const [anyCase, sentences] = [!/\p{Lu}/u.test(line), []];
    let begin = 0;
    for (const end of line.matchAll(this.end)) {
      const stop = end.index + end[0].length;
      this.next.lastIndex = stop;
      const following = this.next.exec(line)?.groups;
      if (following && this.canBegin(following, end.groups, anyCase) && this.isEnd(line, begin, end, following)) {
        sentences.push(line.slice(begin, stop));
        begin = stop;
      }
    }
    return [...sentences, line.slice(begin)];
  }

  canBegin({ space, word }, { wide, stop }, anyCase) {
    if (!word || !(space || wide)) return false;
    const [first] = [...word.replace(/^['’_-]+/, ""), ""];
    return /[\p{L}\p{N}]/u.test(first) && ((anyCase && !/^(?:\.\.|…)/.test(stop)) || !isLower(first));
  }

  isEnd(line, begin, end, following) {
    if (end.groups.stop !== ".") return true;
    const before = line.slice(Math.max(begin, end.index - 40), end.index);
    const last = before.match(this.lastWord);
    if (!last) return true;
    const [word, earlier] = [last[0].toLowerCase(), before.slice(0, last.index).split(/\s+/).filter(Boolean)];
    const after = following.word.replace(/\.+$/, "").replaceAll("’", "'").toLowerCase();
    const begins = this.beginnings.has(after) && !(following.stop && after.length === 1);
    if (this.beforeWords.has(word)) return false;
    if (/^\p{Nd}/u.test(after) && (this.beforeNumbers.has(word) || /^\p{L}$/u.test(word))) return false;
    if (/^\p{Nd}+$/u.test(word)) return earlier.length > 0 && (begins || !(this.hasOrdinals && word.length <= 2));
    if (/^\p{Lu}$/u.test(last[0])) return earlier.length > 0 && (begins || (word === "i" && isLower(earlier.at(-1))));
    return begins || !(this.atTheEnd.has(word) || this.acronym.test(word));
  }

  // Returns segments, and text between them to copy. `attempt` counts the translations that lost a literal.
  parts(sentence, attempt) {
    const found = this.literals(sentence);
    const language = without(sentence, found.filter(({ opaque }) => opaque), 0, sentence.length);
    const inCapitals = isUpper(language) && this.words(language).filter((word) => word.length > 1).length > 1;
    const isRead = inCapitals || this.isInTitleCase(language);
    const spelled = isRead ? this.ordinaryCase(sentence) : sentence;
    const literals = isRead ? found.map((literal) => ({ ...literal, opaque: true })) : found;
    const masked = literals.filter(({ opaque }) => opaque || attempt);
    const canMask = this.masks(sentence, masked).length === masked.length;
    const isCut = attempt === ATTEMPTS - 1 || literals.length > MOST_LITERALS || !canMask;
    const ends = new Set(atTheEnds(sentence, masked));
    const copied = isCut ? literals : masked.filter((literal) => ends.has(literal) || literal.separator);
    const kept = isCut ? [] : literals.filter((literal) => !copied.includes(literal));
    const inPlace = masked.filter((literal) => kept.includes(literal));
    const text = { original: sentence, spelled, inCapitals, kept, masked: inPlace };
    const parts = [];
    [null, ...copied].forEach((literal, index) => {
      if (literal) parts.push(sentence.slice(literal.begin, literal.end));
      parts.push(...this.stretch(text, literal ? literal.end : 0, copied[index]?.begin ?? sentence.length));
    });
    return parts;
  }

  words = (text) => text.match(this.word) ?? [];

  isInTitleCase(text) {
    const words = this.words(text);
    const isShort = (word) => word.length > 1 && word.length <= SHORT && isLower(this.ordinary(word));
    return words.length > 2 && words.every((word) => word.length === 1 || isTitle(word)) && words.slice(1).some(isShort);
  }

  ordinaryCase(text) {
    const spelled = text.replace(this.word, (word) => this.ordinary(word)).replace(/\p{L}/u, (one) => one.toUpperCase());
    return spelled.length === text.length ? spelled : text;
  }

  ordinary(word) {
    const lower = word.toLowerCase();
    const spellings = [[lower, FAVOUR], [lower.replace(/^./u, (one) => one.toUpperCase()), 0], [word.toUpperCase(), 0]];
    const values = spellings.map(([spelling, favour]) => this.tokenizer.logProbability(spelling) + favour);
    return spellings[values.indexOf(Math.max(...values))][0];
  }

  literals(text) {
    const [found, isUnknown] = [[], (word) => this.tokenizer.encode(word).some(isByte)];
    let begin = 0;
    for (const match of [...text.matchAll(this.opaque), null]) {
      this.clear.lastIndex = begin;
      for (const clear of text.slice(0, match?.index).matchAll(this.clear)) {
        const { number, code, symbol, word = "" } = clear.groups;
        if (number || code || symbol || (/[^\0-\x7f]/.test(word) && isUnknown(word))) {
          found.push({ begin: clear.index, end: clear.index + clear[0].length, opaque: false });
        }
      }
      if (!match) return found;
      const { detached, separator } = match.groups;
      begin = match.index + match[0].length;
      found.push({ begin: match.index, end: begin, opaque: true, detached: Boolean(detached), separator: Boolean(separator) });
    }
  }

  // Returns a mask that `text` does not hold for each literal, as long as there are any.
  masks(text, literals) {
    const [words, numbers] = [this.maskWords, this.maskNumbers].map((supply) => supply.filter((word) => !text.includes(word)));
    const masks = [];
    for (const { begin, end } of literals) {
      const word = (this.plainNumber.test(text.slice(begin, end)) ? numbers : words).shift();
      if (!word) break;
      const [before, after] = [text.slice(0, begin), text.slice(end)];
      const spaces = { spaceBefore: /[\p{L}\p{N}]$/u.test(before), spaceAfter: /^[\p{L}\p{N}]/u.test(after) };
      masks.push({ word, literal: text.slice(begin, end), ...spaces });
    }
    return masks;
  }

  stretch(text, begin, end) {
    const stretch = text.original.slice(begin, end);
    const masked = text.masked.filter((literal) => begin <= literal.begin && literal.begin < end);
    if (!hasLetter(without(text.original, masked, begin, end))) return [stretch];
    const masks = this.masks(text.original, masked);
    let [spelled, position] = ["", begin];
    masks.forEach(({ word, spaceBefore, spaceAfter }, index) => {
      spelled += text.spelled.slice(position, masked[index].begin) + (spaceBefore ? " " : "") + word + (spaceAfter ? " " : "");
      position = masked[index].end;
    });
    spelled += text.spelled.slice(position, end);
    const clear = text.kept.filter((literal) => !masked.includes(literal)).map((each) => text.original.slice(each.begin, each.end));
    const segments = this.segments(spelled.replace(CLOSING, "").trimEnd(), text.inCapitals, masks, clear);
    return [stretch.match(CLOSING)[0], ...segments, stretch.slice(stretch.trimEnd().length)];
  }

  segments(text, inCapitals, masks, clear) {
    const words = [...new Set([...masks.map(({ word }) => word), ...clear])].sort();
    return splitTokens(this.tokenizer.encode(text), this.tokenizer.pieces).flatMap((part, index) => {
      const read = words.length ? this.tokenizer.decode(part) : "";
      const held = words.map((word) => [word, occurrences(read, word)]).filter(([, count]) => count);
      const pairs = masks.slice(1).map((second, before) => [masks[before], second]);
      const apart = pairs.filter(([first, second]) => !areAdjacent(read, first, second));
      const segment = new Segment({ tokens: [...part, EOS_ID], inCapitals, masks, held, apart });
      return index ? [" ", segment] : [segment];
    });
  }
}

// Returns `text`, from `begin` to `end`, with a space in place of each literal.
function without(text, literals, begin, end) {
  const begins = [begin, ...literals.map((literal) => literal.end)];
  return begins.map((from, index) => text.slice(from, literals[index]?.begin ?? end)).join(" ");
}

// Returns the detached literals before the first letter of a sentence and after its last one.
function atTheEnds(sentence, literals) {
  const leading = literals.findIndex(({ begin, detached }, index) =>
    !detached || hasLetter(sentence.slice(literals[index - 1]?.end ?? 0, begin)));
  if (leading < 0) return literals;
  const rest = literals.slice(leading);
  const last = rest.findLastIndex(({ end, detached }, index) =>
    !detached || hasLetter(sentence.slice(end, rest[index + 1]?.begin ?? sentence.length)));
  return [...literals.slice(0, leading), ...rest.slice(last + 1)];
}

// Returns `tokens` in segments of at most MAX_SEGMENT, cut after a sentence, else between words, else characters.
function splitTokens(tokens, pieces) {
  const [segments, spelled] = [[], tokens.map((token) => pieces[token])];
  let begin = 0;
  while (tokens.length - begin > MAX_SEGMENT) {
    const cut = lastCut(spelled, begin, begin + MAX_SEGMENT);
    segments.push(tokens.slice(begin, cut));
    begin = cut;
  }
  return begin < tokens.length ? [...segments, tokens.slice(begin)] : segments;
}

function lastCut(pieces, begin, end) {
  const indices = [];
  for (let index = end; index > begin; index--) if (!/^<0x[89AB]/.test(pieces[index])) indices.push(index);
  const isWord = (index) => pieces[index].startsWith(SPACE);
  const ends = (index) => (isWord(index) ? /[.:;!?。।]$/ : /[!?。।]$/).test(pieces[index - 1]);
  const sentence = indices.find((index) => index > (begin + end) >> 1 && ends(index));
  return sentence ?? indices.find(isWord) ?? indices[0] ?? end;
}
