"""The network: against a slow reference, and by what must not change its results."""

import pytest
import torch

from attn_cli.config import SCORES, ModelConfig
from attn_cli.model import DecoderState, Seq2Seq, SequenceDropout
from attn_cli.tokenizer import BOS_ID, EOS_ID, PAD_ID

VOCABULARY = 23


def network(score: str = "general", layers: int = 2, **dropout: float) -> Seq2Seq:
    torch.manual_seed(5)
    config = ModelConfig(
        vocab_size=VOCABULARY, embedding_size=8, hidden_size=12, decoder_layers=layers, attention=score
    )
    return Seq2Seq(config, **dropout).double()


def sentences(*lengths: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return random sources of the given lengths, end mark included, padded, and the lengths."""
    generator = torch.Generator().manual_seed(sum(lengths))
    source = torch.full((len(lengths), max(lengths)), PAD_ID)
    for row, length in zip(source, lengths, strict=True):
        row[: length - 1] = torch.randint(4, VOCABULARY, (length - 1,), generator=generator)
        row[length - 1] = EOS_ID
    return source, torch.tensor(lengths)


def gru_step(cell: torch.nn.GRU, suffix: str, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
    """One step of Cho et al.'s unit as torch documents it, for one vector."""
    w_ih, w_hh = getattr(cell, f"weight_ih_l0{suffix}"), getattr(cell, f"weight_hh_l0{suffix}")
    b_ih, b_hh = getattr(cell, f"bias_ih_l0{suffix}"), getattr(cell, f"bias_hh_l0{suffix}")
    i_r, i_z, i_n = (w_ih @ x + b_ih).chunk(3)
    h_r, h_z, h_n = (w_hh @ h + b_hh).chunk(3)
    r, z = torch.sigmoid(i_r + h_r), torch.sigmoid(i_z + h_z)
    return (1 - z) * torch.tanh(i_n + r * h_n) + z * h


def slow_logits(model: Seq2Seq, source: list[int], target_in: list[int]) -> torch.Tensor:
    """The whole model for one sentence, a vector at a time, written from the equations; `general` attention."""
    embedding = model.embedding.weight
    inputs = embedding * model.config.embedding_size**0.5
    cell, size = model.encoder.cell, model.config.hidden_size // 2
    directions = []
    for suffix, order in (("", source), ("_reverse", source[::-1])):
        h, states = torch.zeros(size, dtype=torch.double), []
        for token in order:
            h = gru_step(cell, suffix, inputs[token], h)
            states.append(h)
        directions.append(states if not suffix else states[::-1])
    annotations = [torch.cat(pair) for pair in zip(*directions, strict=True)]
    bridge = model.first_state
    states = list(torch.tanh(bridge.weight @ (sum(annotations) / len(source)) + bridge.bias).chunk(len(model.decoder)))
    rows = []
    for token in target_in:
        states[0] = below = gru_step(model.decoder[0].cell, "", inputs[token], states[0])
        keys = [model.attention.score.key.weight @ annotation for annotation in annotations]
        weights = torch.softmax(torch.stack([states[0] @ key for key in keys]), dim=0)  # (1) and (4)
        context = sum(weight * annotation for weight, annotation in zip(weights, annotations, strict=True))  # (2)
        for index in range(1, len(states)):
            states[index] = below = gru_step(model.decoder[index].cell, "", torch.cat([below, context]), states[index])
        combine = model.attention_vector
        vector = torch.tanh(combine.weight @ torch.cat([context, below]) + combine.bias)  # (3)
        rows.append(embedding @ vector)
    return torch.stack(rows)


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_the_network_equals_a_slow_reference(layers):
    model = network(layers=layers).eval()
    source, target_in = [7, 9, 4, 11, EOS_ID], [BOS_ID, 5, 8, 20]
    output = model(torch.tensor([source]), torch.tensor([len(source)]), torch.tensor([target_in]))
    torch.testing.assert_close(model.logits(output)[0], slow_logits(model, source, target_in))


@pytest.mark.parametrize("score", SCORES)
def test_padding_and_company_change_nothing(score):
    model = network(score).eval()
    source, lengths = sentences(9, 3, 6)
    target_in = torch.randint(4, VOCABULARY, (3, 5))
    together = model(source, lengths, target_in)
    for row, length in enumerate(lengths):
        alone = model(source[row : row + 1, :length], lengths[row : row + 1], target_in[row : row + 1])
        torch.testing.assert_close(together[row], alone[0])


@pytest.mark.parametrize("score", SCORES)
def test_decoding_step_by_step_equals_decoding_all_at_once(score):
    model = network(score).eval()
    memory, state = model.encode(*sentences(7, 4))
    target_in = torch.randint(4, VOCABULARY, (2, 6))
    whole, last, weights = model.decode(target_in, state, memory)
    for step in range(6):
        output, state, row = model.decode(target_in[:, step : step + 1], state, memory)
        torch.testing.assert_close(output[:, 0], whole[:, step])
        torch.testing.assert_close(row[:, 0], weights[:, step])
    torch.testing.assert_close(state.layers, last.layers)


@pytest.mark.parametrize("score", SCORES)
def test_a_bfloat16_model_stays_in_bfloat16(score):
    model = network(score).eval().bfloat16()
    memory, state = model.encode(*sentences(7, 4))
    output, state, _ = model.decode(torch.randint(4, VOCABULARY, (2, 1)), state, memory)
    assert {output.dtype, *(layer.dtype for layer in state.layers)} == {torch.bfloat16}


def test_attention_is_a_distribution_over_real_tokens_only():
    model = network().eval()
    memory, state = model.encode(*sentences(7, 4))
    _, _, weights = model.decode(torch.randint(4, VOCABULARY, (2, 3)), state, memory)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 3), check_dtype=False)
    assert (weights[1, :, 4:] == 0).all()


def test_the_future_of_the_target_is_not_seen():
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


def test_a_decoder_state_selects_rows_that_repeat_and_shrink():
    state = DecoderState((torch.arange(6.0).view(3, 2), torch.arange(6.0, 12).view(3, 2)))
    selected = state.select(torch.tensor([2, 2, 0, 1]))
    assert selected.layers[1].tolist() == [[10, 11], [10, 11], [6, 7], [8, 9]]


def test_dropout_erases_the_same_features_at_every_position():
    dropped = SequenceDropout(0.5).train()(torch.ones(4, 7, 50))
    assert torch.equal(dropped, dropped[:, :1].expand_as(dropped))
    assert set(dropped.unique().tolist()) == {0.0, 2.0}


def test_dropout_is_off_outside_training():
    model = network(dropout=0.5, word_dropout=0.5)
    source, lengths = sentences(5)
    target_in = torch.randint(4, VOCABULARY, (1, 4))
    assert not torch.equal(model.train()(source, lengths, target_in), model(source, lengths, target_in))
    torch.testing.assert_close(model.eval()(source, lengths, target_in), network().eval()(source, lengths, target_in))


def test_word_dropout_erases_whole_embeddings():
    embedded = network(word_dropout=0.4).train().embed(torch.full((40, 30), 5))
    erased = (embedded == 0).all(-1)
    assert 0.3 < erased.double().mean() < 0.5
    assert (embedded[~erased] != 0).all()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_a_gpu_gives_what_the_cpu_gives():
    model = network().eval().float()
    source, lengths = sentences(9, 3, 6)
    target_in = torch.randint(4, VOCABULARY, (3, 5))
    expected = model(source, lengths, target_in)
    with torch.backends.cudnn.flags(allow_tf32=False):
        found = model.cuda()(source.cuda(), lengths, target_in.cuda())
    torch.testing.assert_close(found.cpu(), expected, atol=1e-4, rtol=1e-4)
