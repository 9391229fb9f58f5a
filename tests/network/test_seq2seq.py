"""The network: against a slow reference, and with changes that must not alter its results."""

import math

import pytest
import torch

from attn_cli.foundation.settings import BOS_ID, EOS_ID, PAD_ID, ModelConfig
from attn_cli.network.seq2seq import DecoderState, Seq2Seq, SequenceDropout

VOCABULARY = 23

VARIANTS = {
    "no attention": {"attention": "none"},
    "dot": {"attention": "dot"},
    "scaled-dot": {"attention": "scaled-dot"},
    "general": {},
    "additive": {"attention": "additive"},
    "local-m": {"window": "local-m", "window_size": 1},
    "local-p": {"window": "local-p", "window_size": 2},
    "hard": {"hard_attention": True},
    "bahdanau's function": {"attention_function": "bahdanau"},
    "rnn-tanh": {"cell": "rnn-tanh"},
    "rnn-relu": {"cell": "rnn-relu"},
    "lstm": {"cell": "lstm"},
    "one direction": {"bidirectional": False},
    "two encoder layers": {"encoder_layers": 2},
    "input feeding": {"input_feeding": True},
    "lexical": {"lexical": True},
    "no attention, input feeding": {"attention": "none", "input_feeding": True, "cell": "lstm"},
    "many choices at once": {
        "attention": "additive", "window": "local-p", "window_size": 1, "attention_function": "bahdanau",
        "cell": "lstm", "input_feeding": True, "encoder_layers": 2, "bidirectional": False, "hard_attention": True,
        "lexical": True,
    },
}  # fmt: skip
EVERY = pytest.mark.parametrize("choices", VARIANTS.values(), ids=VARIANTS)


def network(*, layers: int = 2, dropout: float = 0.0, word_dropout: float = 0.0, **choices: object) -> Seq2Seq:
    torch.manual_seed(5)
    config = ModelConfig(vocab_size=VOCABULARY, embedding_size=8, hidden_size=12, decoder_layers=layers, **choices)
    model = Seq2Seq(config, dropout=dropout, word_dropout=word_dropout).double()
    with torch.no_grad():  # biases too, which start as zeros, so that leaving one out shows
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return model


def sentences(*lengths: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return random sources of the given lengths, end mark included, padded, and the lengths."""
    generator = torch.Generator().manual_seed(sum(lengths))
    source = torch.full((len(lengths), max(lengths)), PAD_ID)
    for row, length in zip(source, lengths, strict=True):
        row[: length - 1] = torch.randint(4, VOCABULARY, (length - 1,), generator=generator)
        row[length - 1] = EOS_ID
    return source, torch.tensor(lengths)


def cell_step(kind: str, cell: torch.nn.RNNBase, suffix: str, x: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
    """One step of a cell as torch documents it, for one vector; an LSTM's state is output and cell."""
    w_ih, w_hh = getattr(cell, f"weight_ih_l0{suffix}"), getattr(cell, f"weight_hh_l0{suffix}")
    b_ih, b_hh = getattr(cell, f"bias_ih_l0{suffix}"), getattr(cell, f"bias_hh_l0{suffix}")
    h, *c = state.split(w_hh.shape[1])
    of_input, of_state = w_ih @ x + b_ih, w_hh @ h + b_hh
    if kind.startswith("rnn"):
        return torch.tanh(of_input + of_state) if kind == "rnn-tanh" else torch.relu(of_input + of_state)
    if kind == "lstm":
        i, f, g, o = (of_input + of_state).chunk(4)
        after = torch.sigmoid(f) * c[0] + torch.sigmoid(i) * torch.tanh(g)
        return torch.cat([torch.sigmoid(o) * torch.tanh(after), after])
    i_r, i_z, i_n = of_input.chunk(3)
    h_r, h_z, h_n = of_state.chunk(3)
    r, z = torch.sigmoid(i_r + h_r), torch.sigmoid(i_z + h_z)
    return (1 - z) * torch.tanh(i_n + r * h_n) + z * h


def slow_encoder(model: Seq2Seq, source: list[int]) -> list[torch.Tensor]:
    """The annotations of one sentence, one vector at a time."""
    config = model.config
    inputs = [model.embedding.weight[token] * config.embedding_size**0.5 for token in source]
    for layer in model.encoder:
        size = config.hidden_size // (2 if config.bidirectional else 1)
        directions = []
        for suffix in ("", "_reverse") if config.bidirectional else ("",):
            state, states = torch.zeros(size * (2 if config.cell == "lstm" else 1), dtype=torch.double), []
            for x in reversed(inputs) if suffix else inputs:
                state = cell_step(config.cell, layer.cell, suffix, x, state)
                states.append(state[:size])
            directions.append(states[::-1] if suffix else states)
        inputs = [torch.cat(parts) for parts in zip(*directions, strict=True)]
    return inputs


def slow_attention(
    model: Seq2Seq, h: torch.Tensor, annotations: list[torch.Tensor], position: int, values: list[torch.Tensor]
) -> torch.Tensor:
    """The sum of `values` for one query by equations (1), (2) and (4), for any settings."""
    config, module, last = model.config, model.attention, len(annotations) - 1
    score, length = module.score, len(annotations)
    scores = [
        {
            "dot": lambda a: h @ a,
            "scaled-dot": lambda a: h @ a / config.hidden_size**0.5,
            "general": lambda a: h @ (score.key.weight @ a) / len(h) ** 0.5,
            "additive": lambda a: score.weight @ torch.tanh(score.query.weight @ h + score.key.weight @ a),
        }[config.attention](annotation)
        for annotation in annotations
    ]
    centre, reach = 0.0, float("inf")
    if config.window == "local-m":
        centre, reach = min(position, last), config.window_size
    if config.window == "local-p":
        predicted = torch.sigmoid(module.window.weight @ torch.tanh(module.window.hidden.weight @ h))
        centre, reach = float(length * predicted), config.window_size
    allowed = [abs(source_position - centre) <= reach for source_position in range(length)]
    exponents = [float(torch.exp(score)) * near for score, near in zip(scores, allowed, strict=True)]
    weights = [exponent / sum(exponents) for exponent in exponents]
    if config.window == "local-p":
        sigma = config.window_size / 2
        weights = [
            w * math.exp(-((source_position - centre) ** 2) / (2 * sigma**2))
            for source_position, w in enumerate(weights)
        ]
    if config.hard_attention:
        weights = [float(source_position == weights.index(max(weights))) for source_position in range(length)]
    return sum(weight * value for weight, value in zip(weights, values, strict=True))


@torch.no_grad()
def slow_logits(model: Seq2Seq, source: list[int], target_in: list[int]) -> torch.Tensor:
    """The whole model for one sentence, one vector at a time, written from the equations."""
    config, embedding = model.config, model.embedding.weight
    annotations = slow_encoder(model, source)
    inputs = [embedding[token] * config.embedding_size**0.5 for token in source]
    bridge = model.first_state
    states = list(torch.tanh(bridge.weight @ (sum(annotations) / len(source)) + bridge.bias).chunk(len(model.decoder)))
    size, fed, rows = config.hidden_size, torch.zeros(config.embedding_size, dtype=torch.double), []
    for position, token in enumerate(target_in):
        word = embedding[token] * config.embedding_size**0.5
        below, context = torch.cat([word, fed]) if config.input_feeding else word, []
        for index, layer in enumerate(model.decoder):
            read = below if index == 0 else torch.cat([below, *context])
            states[index] = cell_step(config.cell, layer.cell, "", read, states[index])
            below = states[index][:size]
            if index == 0 and config.attention != "none":
                context = [slow_attention(model, below, annotations, position, annotations)]
                words = torch.tanh(slow_attention(model, below, annotations, position, inputs))
        seen = [word] if config.attention_function == "bahdanau" else []
        combine = model.attention_vector
        fed = torch.tanh(combine.weight @ torch.cat([*context, below, *seen]) + combine.bias)  # (3)
        lexical = model.lexical
        direct = torch.tanh(lexical.weight @ words + lexical.bias) + words if config.lexical else 0
        rows.append(embedding @ (fed + direct))
    return torch.stack(rows)


@pytest.mark.parametrize("layers", [1, 2, 3])
@EVERY
def test_the_network_equals_a_slow_reference(layers, choices):
    model = network(layers=layers, **choices).eval()
    source, target_in = [7, 9, 4, 11, EOS_ID], [BOS_ID, 5, 8, 20, 6, 12, 9]
    output = model(torch.tensor([source]), torch.tensor([len(source)]), torch.tensor([target_in]))
    torch.testing.assert_close(model.logits(output)[0], slow_logits(model, source, target_in))


@EVERY
def test_padding_and_the_other_sentences_of_a_batch_change_nothing(choices):
    model = network(**choices).eval()
    source, lengths = sentences(9, 3, 6)
    target_in = torch.randint(4, VOCABULARY, (3, 5))
    together = model(source, lengths, target_in)
    for row, length in enumerate(lengths):
        alone = model(source[row : row + 1, :length], lengths[row : row + 1], target_in[row : row + 1])
        torch.testing.assert_close(together[row], alone[0])


@EVERY
def test_decoding_step_by_step_equals_decoding_all_at_once(choices):
    model = network(**choices).eval()
    memory, state = model.encode(*sentences(7, 4))
    target_in = torch.randint(4, VOCABULARY, (2, 6))
    whole, last, weights = model.decode(target_in, state, memory)
    for step in range(6):
        output, state, row = model.decode(target_in[:, step : step + 1], state, memory)
        torch.testing.assert_close(output[:, 0], whole[:, step])
        if weights is not None:
            torch.testing.assert_close(row[:, 0], weights[:, step])
    torch.testing.assert_close((state.layers, state.position), (last.layers, last.position))


@pytest.mark.parametrize("fed", [True, False])
def test_without_attention_the_decoder_reads_the_source_only_through_its_initial_state(fed):
    model = network(attention="none", input_feeding=fed).eval()
    memory, state = model.encode(*sentences(7, 4))
    other, _ = model.encode(*sentences(5, 6))
    target_in = torch.randint(4, VOCABULARY, (2, 6))
    output, _, weights = model.decode(target_in, state, memory)
    assert weights is None
    torch.testing.assert_close(output, model.decode(target_in, state, other)[0])


@EVERY
def test_a_bfloat16_model_stays_in_bfloat16(choices):
    model = network(**choices).eval().bfloat16()
    memory, state = model.encode(*sentences(7, 4))
    output, state, _ = model.decode(torch.randint(4, VOCABULARY, (2, 1)), state, memory)
    assert {output.dtype, *(layer.dtype for layer in state.layers)} == {torch.bfloat16}


def test_attention_is_a_distribution_over_real_tokens_only():
    model = network().eval()
    memory, state = model.encode(*sentences(7, 4))
    _, _, weights = model.decode(torch.randint(4, VOCABULARY, (2, 3)), state, memory)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3), check_dtype=False)
    assert (weights[1, :, 4:] == 0).all()


def test_a_position_does_not_depend_on_later_target_tokens():
    model = network().eval()
    source, lengths = sentences(5)
    target_in = torch.randint(4, VOCABULARY, (1, 6))
    changed = target_in.clone()
    changed[0, 4] = (changed[0, 4] - 3) % (VOCABULARY - 4) + 4
    before, after = model(source, lengths, target_in), model(source, lengths, changed)
    torch.testing.assert_close(before[:, :4], after[:, :4])
    assert not torch.allclose(before[:, 4], after[:, 4])


def test_source_target_and_output_share_one_embedding():
    shapes = [tuple(parameter.shape) for parameter in network().parameters()]
    assert shapes.count((VOCABULARY, 8)) == 1


def test_rows_of_a_decoder_state_can_be_reordered_left_out_and_repeated():
    state = DecoderState((torch.arange(6.0).view(3, 2), torch.arange(6.0, 12).view(3, 2)))
    selected = state.select(torch.tensor([2, 2, 0, 1]))
    assert selected.layers[1].tolist() == [[10, 11], [10, 11], [6, 7], [8, 9]]


def test_dropout_sets_the_same_features_to_zero_at_every_position():
    dropped = SequenceDropout(0.5).train()(torch.ones(4, 7, 50))
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    assert set(dropped.unique().tolist()) == {0.0, 2.0}


DROPOUT_SITES = [
    "source embeddings", "between encoder layers", "annotations", "target embeddings", "between decoder layers",
    "attention vectors",
]  # fmt: skip


def tensors_with_dropout(model: Seq2Seq) -> dict[str, torch.Tensor]:
    """Return the tensor at each of DROPOUT_SITES, as the layers of `model` read it, for sources without padding."""
    inputs: dict[str, torch.Tensor] = {}
    for side, layers in (("encoder", model.encoder), ("decoder", model.decoder)):
        for index, layer in enumerate(layers):
            layer.register_forward_pre_hook(
                lambda _, arguments, name=f"{side} {index}": inputs.update({name: arguments[0]})
            )
    memory, state = model.encode(*sentences(7, 7, 7, 7))
    output, _, _ = model.decode(torch.randint(4, VOCABULARY, (4, 5)), state, memory)
    hidden = model.config.hidden_size
    tensors = (
        inputs["encoder 0"], inputs["encoder 1"], memory.values,
        inputs["decoder 0"], inputs["decoder 1"][..., :hidden], output,
    )  # fmt: skip
    return dict(zip(DROPOUT_SITES, tensors, strict=True))


@pytest.mark.parametrize("site", DROPOUT_SITES)
def test_in_training_each_layer_reads_a_share_of_zeros_at_the_same_features_of_a_sentence(site):
    tensor = tensors_with_dropout(network(dropout=0.5, encoder_layers=2).train())[site]
    dropped = tensor == 0
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    assert 0.2 < dropped.double().mean() < 0.8
    assert not torch.equal(dropped, dropped[:1].expand_as(dropped))  # sentences differ


@pytest.mark.parametrize("site", DROPOUT_SITES)
def test_without_dropout_no_layer_reads_zeros(site):
    assert (tensors_with_dropout(network(encoder_layers=2).train())[site] != 0).all()


def test_dropout_is_off_outside_training():
    model = network(dropout=0.5, word_dropout=0.5)
    source, lengths = sentences(5)
    target_in = torch.randint(4, VOCABULARY, (1, 4))
    assert not torch.equal(model.train()(source, lengths, target_in), model(source, lengths, target_in))
    torch.testing.assert_close(model.eval()(source, lengths, target_in), network().eval()(source, lengths, target_in))


def test_word_dropout_sets_whole_embeddings_to_zero_and_scales_up_the_others():
    model, tokens = network(word_dropout=0.4), torch.full((40, 30), 5)
    embedded, expected = model.train().embed(tokens), model.eval().embed(tokens) / 0.6
    dropped = (embedded == 0).all(-1)
    assert 0.3 < dropped.double().mean() < 0.5
    torch.testing.assert_close(embedded[~dropped], expected[~dropped])


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_gives_what_the_cpu_gives():
    model = network().eval().float()
    source, lengths = sentences(9, 3, 6)
    target_in = torch.randint(4, VOCABULARY, (3, 5))
    expected = model(source, lengths, target_in)
    with torch.backends.cudnn.flags(allow_tf32=False):
        actual = model.cuda()(source.cuda(), lengths, target_in.cuda())
    torch.testing.assert_close(actual.cpu(), expected, atol=1e-4, rtol=1e-4)
