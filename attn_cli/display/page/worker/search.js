// Search, as in decoding/search/: greedy and beam search, with the repetition filter, for one source.

const [RUN, OFTEN, SOURCE_RUN] = [4, 2, 6]; // see repetition_filter.py
const PRUNED_BEHIND = 2.5; // see beam_search.py

const score = (logp, length, config) => logp / length ** config.lengthPenalty;

function tally(keys) {
  const counts = new Map();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

// Returns how often a run may occur in a translation of `source`.
function runLimit(source) {
  const runs = source.slice(SOURCE_RUN - 1).map((_, begin) => source.slice(begin, begin + SOURCE_RUN).join(" "));
  return Math.max(OFTEN, ...tally(runs).values());
}

// Returns the tokens that are forbidden after `history`, and an upper bound on their number.
function forbidden(history, limit) {
  const last = history.slice(1 - RUN);
  const followers = history.slice(RUN - 1).filter((_, begin) => last.every((id, i) => id === history[begin + i]));
  const tokens = [...tally(followers)].filter(([, count]) => count >= limit).map(([id]) => id);
  return { tokens: new Set(tokens), most: Math.floor(followers.length / limit) };
}

// Returns the candidates that are not forbidden, or all where none would be left.
function allowed(candidates, tokens) {
  const left = candidates.filter(({ id }) => !tokens.has(id));
  return left.length ? left : candidates;
}

function longer(hypothesis, candidate, row, weights) {
  const total = hypothesis.total + candidate.logp;
  return { total, row, tokens: [...hypothesis.tokens, candidate.id], weights: [...hypothesis.weights, weights[row]] };
}

function finish({ total, tokens, weights }, config) {
  const ended = tokens.at(-1) === EOS_ID;
  const kept = ended ? tokens.slice(0, -1) : tokens;
  return { tokens: kept, weights, logp: total, length: tokens.length, score: score(total, tokens.length, config) };
}

// Returns the hypotheses of `source`, best first, each with the attention weights of every token. `pause` is awaited
// after every step: it lets messages come in, and throws where another translation is wanted by now.
async function search(engine, source, config, pause) {
  const state = { session: engine.start(source), limit: runLimit(source), most: 2 * source.length + 10 };
  const found = await (config.beamSize === 1 ? greedy : beam)(state, config, pause);
  if (!found.every(({ logp }) => Number.isFinite(logp))) throw new Error("the model's probabilities are not numbers");
  return found.sort((one, other) => other.score - one.score);
}

async function greedy({ session, limit, most }, config, pause) {
  let path = { total: 0, tokens: [], weights: [], row: 0 };
  while (path.tokens.length < most && path.tokens.at(-1) !== EOS_ID) {
    const repeats = forbidden(path.tokens, limit);
    const [candidates] = session.step([path.tokens.at(-1) ?? BOS_ID], [0], 1 + repeats.most);
    path = longer(path, allowed(candidates, repeats.tokens)[0], 0, session.weights);
    await pause();
  }
  return [finish(path, config)];
}

async function beam({ session, limit, most }, config, pause) {
  let living = [{ total: 0, tokens: [], weights: [], row: 0 }];
  const finished = [];
  for (let length = 1; ; length++) {
    const step = expand(session, living, limit, config);
    const ended = step.slice(0, config.beamSize).filter(({ tokens }) => tokens.at(-1) === EOS_ID);
    finished.push(...ended.map((hypothesis) => finish(hypothesis, config)));
    living = step.filter(({ tokens }) => tokens.at(-1) !== EOS_ID).slice(0, config.beamSize);
    const behind = config.nBest === 1 ? PRUNED_BEHIND : Infinity;
    living = living.filter(({ total }) => total >= living[0].total - behind);
    if (isDone(living, finished, most, length, config)) {
      return finished.length ? finished : living.slice(0, config.nBest).map((each) => finish(each, config));
    }
    await pause();
  }
}

// Returns the 2K best continuations of the living hypotheses, best first; drops those that would repeat themselves.
function expand(session, living, limit, config) {
  const repeats = living.map(({ tokens }) => forbidden(tokens, limit));
  const k = Math.max(2 * config.beamSize, ...repeats.map(({ most }) => 1 + most));
  const tokens = living.map((hypothesis) => hypothesis.tokens.at(-1) ?? BOS_ID);
  const steps = session.step(tokens, living.map(({ row }) => row), k);
  const dropped = steps.map(([best], row) => repeats[row].tokens.has(best.id));
  const continuations = steps.flatMap((candidates, row) => {
    if (dropped[row] && dropped.includes(false)) return [];
    const left = allowed(candidates, repeats[row].tokens);
    return left.map((candidate) => ({ row, candidate, total: living[row].total + candidate.logp }));
  });
  const best = continuations.sort((one, other) => other.total - one.total).slice(0, 2 * config.beamSize);
  return best.map(({ row, candidate }) => longer(living[row], candidate, row, session.weights));
}

function isDone(living, finished, most, length, config) {
  if (!living.length || length >= most) return true;
  const [best, scores] = [living[0].total, finished.map((each) => each.score).sort((one, other) => other - one)];
  const reached = scores[config.nBest - 1] ?? -Infinity;
  const enough = finished.length >= config.beamSize && reached >= score(best, length, config);
  return enough || reached >= score(best, most, config);
}
