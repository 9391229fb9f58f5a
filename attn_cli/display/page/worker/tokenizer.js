// SentencePiece's unigram model: normalisation by its table of characters, segmentation by Viterbi, detokenisation.

const FIRST_BYTE = EOS_ID + 1; // the id of the piece for the byte 0; those of the other bytes follow
const [BYTE_SCORE, UNKNOWN_PENALTY] = [-20, 10]; // see Tokenizer.log_probability; that of SentencePiece
const SPACE = "▁";
const NORMAL = 1; // the type of ordinary pieces
const isByte = (token) => token >= FIRST_BYTE && token < FIRST_BYTE + 256;

class Tokenizer {
  // `pieces` by token id, their scores and types, and the table that SentencePiece calls precompiled_charsmap.
  constructor(pieces, scores, types, table) {
    Object.assign(this, { pieces, scores });
    const ids = pieces.map((_, id) => id).filter((id) => types[id] === NORMAL);
    this.ids = new Map(ids.map((id) => [pieces[id], id]));
    this.longest = ids.reduce((most, id) => Math.max(most, pieces[id].length), 1);
    this.unknownScore = Math.fround(ids.reduce((least, id) => Math.min(least, scores[id]), Infinity) - UNKNOWN_PENALTY);
    const size = table.length && new DataView(table.buffer, table.byteOffset).getUint32(0, true);
    this.trie = new Uint32Array(table.slice(4, 4 + size).buffer); // a double array, as darts-clone makes it
    this.strings = table.slice(4 + size); // what characters become, each string up to a zero
    [this.encoder, this.decoder] = [new TextEncoder(), new TextDecoder("utf-8", { ignoreBOM: true })];
  }

  // Returns the length of the longest entry of the table at `begin` of `bytes`, and what it becomes; null without any.
  replacement(bytes, begin) {
    const offset = (unit) => (unit >>> 10) << ((unit & 0x200) >>> 6);
    let found = null;
    let position = this.trie.length ? offset(this.trie[0]) : 0;
    for (let end = begin; end < bytes.length && this.trie.length; end++) {
      position ^= bytes[end];
      const unit = this.trie[position];
      if ((unit & 0x800000ff) !== bytes[end]) break;
      position ^= offset(unit);
      if (unit & 0x100) found = { length: end + 1 - begin, at: this.trie[position] & 0x7fffffff };
    }
    return found && { ...found, text: this.strings.subarray(found.at, this.strings.indexOf(0, found.at)) };
  }

  // Returns `text` as SentencePiece reads it: characters replaced, single spaces as ▁, one before the first word.
  normalized(text) {
    const bytes = this.encoder.encode(text.replaceAll("\u2019", "'"));
    const parts = [];
    for (let begin = 0; begin < bytes.length; ) {
      const found = this.replacement(bytes, begin);
      const length = found ? found.length : [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4][bytes[begin] >> 4];
      parts.push(...(found ? found.text : bytes.subarray(begin, begin + length)));
      begin += length;
    }
    const words = this.decoder.decode(Uint8Array.from(parts)).split(" ").filter(Boolean);
    return words.map((word) => SPACE + word).join("");
  }

  // Returns the token ids of a text, without EOS: the segmentation into pieces of the highest total score.
  encode(text) {
    const normalized = this.normalized(text);
    const scores = new Float32Array(normalized.length + 1).fill(-Infinity); // of the best segmentation up to each index
    const last = Array(scores.length); // its last piece: [begin, id]
    scores[0] = 0;
    const offer = (begin, end, id, value) => {
      if (scores[begin] + value > scores[end] || !last[end]) [scores[end], last[end]] = [scores[begin] + value, [begin, id]];
    };
    for (let begin = 0; begin < normalized.length; ) {
      const size = normalized.codePointAt(begin) > 0xffff ? 2 : 1;
      for (let end = begin + size; end <= Math.min(begin + this.longest, normalized.length); end++) {
        const id = this.ids.get(normalized.slice(begin, end));
        if (id !== undefined) offer(begin, end, id, this.scores[id]);
      }
      if (!this.ids.has(normalized.slice(begin, begin + size))) offer(begin, begin + size, null, this.unknownScore);
      begin += size;
    }
    const tokens = [];
    for (let end = normalized.length; end > 0; [end] = last[end]) {
      const [begin, id] = last[end];
      const bytes = id === null ? this.encoder.encode(normalized.slice(begin, end)) : [];
      tokens.push(...(id === null ? Array.from(bytes, (byte) => FIRST_BYTE + byte).reverse() : [id]));
    }
    return tokens.reverse(); // found from the end
  }

  // Returns the text of token ids; what is not UTF-8 becomes U+FFFD.
  decode(tokens) {
    const bytes = tokens.flatMap((id) => isByte(id) ? [id - FIRST_BYTE] : [...this.encoder.encode(this.pieces[id])]);
    return this.decoder.decode(Uint8Array.from(bytes)).replaceAll(SPACE, " ").replace(/^ +/, "");
  }

  // Returns the log-probability of a text under the unigram model.
  logProbability(text) {
    return this.encode(text).reduce((sum, id) => sum + (isByte(id) ? BYTE_SCORE : this.scores[id]), 0);
  }
}
