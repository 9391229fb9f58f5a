// The network, with the names of decoding/numpy_engine.py. It decodes one source: R rows are lists of R vectors.

const [BOS_ID, EOS_ID] = [2, 3];
const NEVER_OUT = 3; // no translation contains the ids below: pad, unk, bos

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

// Loops over vectors are written out: `map` and `reduce` of a typed array take several times as long.

function joined(one, other) {
  const both = new Float32Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

function dot(x, y) {
  let sum = 0;
  for (let index = 0; index < x.length; index++) sum += x[index] * y[index];
  return sum;
}

// Returns Σ weights[s] · vectors[s].
function weighted(weights, vectors) {
  const sum = new Float32Array(vectors[0].length);
  for (let s = 0; s < vectors.length; s++) {
    for (let index = 0; index < sum.length; index++) sum[index] += weights[s] * vectors[s][index];
  }
  return sum;
}

function softmax(scores) {
  const greatest = Math.max(...scores);
  const exponents = Float32Array.from(scores, (score) => Math.exp(score - greatest));
  const total = exponents.reduce((sum, value) => sum + value, 0);
  return exponents.map((value) => value / total);
}

// Returns the k most probable tokens, best first, with their log-probabilities.
function mostProbable(logits, k) {
  const best = [];
  let least = -Infinity;
  for (let id = NEVER_OUT; id < logits.length; id++) {
    if (logits[id] <= least) continue;
    let rank = best.length;
    while (rank && best[rank - 1].logit < logits[id]) rank--;
    best.splice(rank, 0, { id, logit: logits[id] });
    best.length = Math.min(best.length, k);
    if (best.length === k) least = best[k - 1].logit;
  }
  const greatest = Math.max(best[0].logit, ...logits.subarray(0, NEVER_OUT));
  let total = 0;
  for (let id = 0; id < logits.length; id++) total += Math.exp(logits[id] - greatest);
  return best.map(({ id, logit }) => ({ id, logp: logit - greatest - Math.log(total) }));
}

class Linear {
  constructor(model, name, suffix = "") {
    [this.weight, this.bias] = [model.tensors[`${name}.weight${suffix}`], model.tensors[`${name}.bias${suffix}`]];
    this.products = model.products;
  }

  apply(list) {
    const results = this.products.of(this.weight, list);
    if (this.bias) for (const y of results) for (let row = 0; row < y.length; row++) y[row] += this.bias[row];
    return results;
  }
}

class GRUCell {
  constructor(model, name, direction = "") {
    [this.input, this.hidden] = ["ih", "hh"].map((kind) => new Linear(model, name, `_${kind}_l0${direction}`));
  }

  // Returns the states after `states`, for inputs that `input` has projected.
  next(projected, states) {
    return this.hidden.apply(states).map((hidden, row) => {
      const [inputs, before] = [projected[row], states[row]];
      const [size, after] = [before.length, new Float32Array(before.length)];
      for (let unit = 0; unit < size; unit++) {
        const reset = sigmoid(inputs[unit] + hidden[unit]);
        const update = sigmoid(inputs[size + unit] + hidden[size + unit]);
        const fresh = Math.tanh(inputs[2 * size + unit] + reset * hidden[2 * size + unit]);
        after[unit] = fresh + update * (before[unit] - fresh);
      }
      return after;
    });
  }

  // Returns the state at each input, read in this order.
  run(inputs, size) {
    let state = new Float32Array(size);
    return this.input.apply(inputs).map((projected) => {
      [state] = this.next([projected], [state]);
      return state;
    });
  }
}

class DotScore {
  project = (values) => values;
  scores = (queries, keys) => queries.map((query) => keys.map((key) => dot(query, key)));
}

class GeneralScore extends DotScore {
  constructor(model) {
    super();
    const key = new Linear(model, "attention.score.key");
    const scale = key.weight.rows ** -0.5;
    this.project = (values) => key.apply(values).map((vector) => vector.map((value) => value * scale));
  }
}

class AdditiveScore {
  constructor(model) {
    const [key, query] = ["key", "query"].map((name) => new Linear(model, `attention.score.${name}`));
    const weight = model.tensors["attention.score.weight"];
    this.project = (values) => key.apply(values);
    this.scores = (queries, keys) => query.apply(queries).map((vector) =>
      keys.map((each) => dot(weight, each.map((value, index) => Math.tanh(value + vector[index])))));
  }
}

const SCORES = { dot: DotScore, general: GeneralScore, additive: AdditiveScore };

class Engine {
  // `model` has a config, products, and tensors: vectors are float32, matrices as Products.of takes them.
  constructor(model) {
    const cell = (name, direction) => new GRUCell(model, name, direction);
    this.products = model.products;
    this.embedding = model.tensors["embedding.weight"];
    this.scale = Math.sqrt(model.config.embedding_size);
    this.encoder = ["", "_reverse"].map((direction) => cell("encoder.0.cell", direction));
    this.firstState = new Linear(model, "first_state");
    this.decoder = [...Array(model.config.decoder_layers).keys()].map((layer) => cell(`decoder.${layer}.cell`));
    this.score = new SCORES[model.config.attention](model);
    this.attentionVector = new Linear(model, "attention_vector");
    this.lexical = model.config.lexical ? new Linear(model, "lexical") : null;
  }

  embed(token) {
    const { begin, columns, stride, scale } = this.embedding;
    const row = new Int8Array(this.products.memory.buffer, begin + token * stride, columns);
    return Float32Array.from(row, (value) => value * scale[token] * this.scale);
  }

  // Encodes a source: token ids that end with EOS.
  start(source) {
    const embedded = source.map((token) => this.embed(token));
    const [forward, backward] = this.encoder;
    const size = forward.hidden.weight.columns;
    const ahead = forward.run(embedded, size);
    const back = backward.run(embedded.toReversed(), size).toReversed();
    const values = ahead.map((state, position) => joined(state, back[position]));
    const mean = weighted(values.map(() => 1 / values.length), values);
    const [first] = this.firstState.apply([mean]);
    const width = first.length / this.decoder.length;
    const states = this.decoder.map((_, layer) => [first.slice(layer * width, (layer + 1) * width).map(Math.tanh)]);
    return new Session(this, { values, keys: this.score.project(values), words: embedded }, states);
  }

  // Returns attention vectors, the states of each layer after `tokens`, and the attention weights.
  decode(tokens, states, memory) {
    const [first, ...further] = this.decoder;
    let output = first.next(first.input.apply(tokens.map((token) => this.embed(token))), states[0]);
    const after = [output];
    const weights = this.score.scores(output, memory.keys).map(softmax);
    const contexts = weights.map((each) => weighted(each, memory.values));
    further.forEach((cell, index) => {
      const inputs = output.map((vector, row) => joined(vector, contexts[row]));
      after.push((output = cell.next(cell.input.apply(inputs), states[index + 1])));
    });
    const read = output.map((vector, row) => joined(contexts[row], vector));
    const vectors = this.attentionVector.apply(read).map((vector) => vector.map(Math.tanh));
    if (this.lexical) this.addWords(vectors, weights.map((each) => weighted(each, memory.words).map(Math.tanh)));
    return [vectors, after, weights];
  }

  // Adds what the lexical model makes of the source words that a step attends to.
  addWords(vectors, words) {
    this.lexical.apply(words).forEach((mapped, row) => {
      for (let index = 0; index < mapped.length; index++) {
        vectors[row][index] += Math.tanh(mapped[index]) + words[row][index];
      }
    });
  }
}

class Session {
  constructor(engine, memory, states) { Object.assign(this, { engine, memory, states }); }

  // Appends `tokens` to the hypotheses in `rows` of the step before; returns the k most probable next tokens of each.
  step(tokens, rows, k) {
    this.states = this.states.map((layer) => rows.map((row) => layer[row]));
    const [output, states, weights] = this.engine.decode(tokens, this.states, this.memory);
    Object.assign(this, { states, weights });
    return this.engine.products.of(this.engine.embedding, output).map((logits) => mostProbable(logits, k));
  }
}
