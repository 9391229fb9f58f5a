"""The network: a recurrent encoder and decoder with attention between them.

Legend of shapes: B batch, S source length, T target length, E embedding, H hidden, M annotation (= H), A key (= H),
V vocabulary, K beam, R selected rows. Knows neither text nor files.

Where it differs from the textbooks (Bahdanau et al. 2015, arXiv:1409.0473; Luong et al. 2015, arXiv:1508.04025):

- the query of attention is the current state of the *first* decoder layer, and further layers read
  [output below ; c_t] (as GNMT, arXiv:1609.08144). Without input feeding, nothing goes from attention back into the
  first layer, so a whole target sentence is decoded in one call per layer, with no loop over time;
- one embedding matrix serves source, target and output (Press & Wolf 2017, arXiv:1608.05859);
- as inputs, embeddings are multiplied by √E (as Vaswani et al. 2017, arXiv:1706.03762, section 3.4): the output needs
  them to start with variance 1 / E, which as inputs of the recurrent layers would be too small to learn from quickly;
- the initial state of every decoder layer is tanh(W · mean of the annotations);
- with a lexical model (Nguyen & Chiang 2018, arXiv:1710.01329, section 4), the source words that a step attends to have
  a direct way to its prediction, past all recurrent layers: from their embeddings f_s, as inputs, comes
  f_t = tanh(Σ_s α_ts f_s), and tanh(W f_t) + f_t is added to the attention vector. There the two have output matrices
  of their own; here both use the embeddings;
- dropout draws one mask per sentence (Gal & Ghahramani 2016, arXiv:1512.05287), on embeddings, annotations, layer
  outputs and attention vectors (one per position on the last two of the decoder with input feeding); word dropout
  sets whole embeddings to zero (Sennrich & Zhang 2019, arXiv:1905.11901).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from attn_cli.foundation.settings import PAD_ID, ModelConfig
from attn_cli.network.attention import Attention, Memory
from attn_cli.network.matmul import linear
from attn_cli.network.recurrent import EncoderLayer, RecurrentLayer


@dataclass(frozen=True)
class DecoderState:
    """The state that the decoder carries from one call to the next.

    `layers` holds the state of each layer (see RecurrentLayer), `position` the next target position, and `fed`, with
    input feeding, the last attention vector (B, E).
    """

    layers: tuple[Tensor, ...]
    position: int = 0
    fed: Tensor | None = None

    def select(self, rows: Tensor) -> "DecoderState":
        """Return the state of the given rows (R,), which may leave out, repeat and reorder sentences."""
        fed = None if self.fed is None else self.fed.index_select(0, rows)
        return DecoderState(tuple(layer.index_select(0, rows) for layer in self.layers), self.position, fed)


class SequenceDropout(nn.Module):
    """Dropout with one mask (B, 1, D) for all positions of a sequence (B, T, D)."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def forward(self, inputs: Tensor) -> Tensor:
        """Return `inputs` (B, T, D); in training, with some of the D features set to zero and the others scaled up."""
        if not self.training or self.rate == 0:
            return inputs
        mask = F.dropout(inputs.new_ones(inputs.shape[0], 1, inputs.shape[2]), self.rate)
        return inputs * mask


class Seq2Seq(nn.Module):
    """An encoder-decoder with attention; the module's docstring describes it.

    `encode` reads sources once; `decode` serves both training (T = whole sentence) and search (T = 1).
    """

    def __init__(self, config: ModelConfig, *, dropout: float = 0.0, word_dropout: float = 0.0) -> None:
        super().__init__()
        self.config = config
        self.word_dropout = word_dropout
        embedding, hidden, layers = config.embedding_size, config.hidden_size, config.decoder_layers
        attended = hidden if config.has_attention else 0
        self.embedding = nn.Embedding(config.vocab_size, embedding)
        inputs = [embedding] + [hidden] * (config.encoder_layers - 1)
        self.encoder = nn.ModuleList(
            EncoderLayer(config.cell, size, hidden, bidirectional=config.bidirectional) for size in inputs
        )
        inputs = [embedding + embedding * config.input_feeding] + [hidden + attended] * (layers - 1)
        self.decoder = nn.ModuleList(RecurrentLayer(config.cell, size, hidden) for size in inputs)
        self.first_state = nn.Linear(hidden, layers * hidden * (2 if config.cell == "lstm" else 1))
        self.attention = Attention(config) if config.has_attention else None
        read = attended + hidden + embedding * (config.attention_function == "bahdanau")
        self.attention_vector = nn.Linear(read, embedding)
        self.lexical = nn.Linear(embedding, embedding) if config.lexical else None
        self.dropout = SequenceDropout(dropout)
        self._initialize()

    def _initialize(self) -> None:
        """Draw recurrent matrices orthogonal, other matrices by Glorot's rule, embeddings with variance 1 / E."""
        for name, parameter in self.named_parameters():
            if "embedding" in name:
                nn.init.normal_(parameter, std=self.config.embedding_size**-0.5)
            elif "weight_hh" in name:
                for gate in torch.split(parameter, parameter.shape[1]):
                    nn.init.orthogonal_(gate)
            elif parameter.dim() == 2:
                nn.init.xavier_uniform_(parameter)
            elif "bias" in name:
                nn.init.zeros_(parameter)

    def embed(self, tokens: Tensor) -> Tensor:
        """Return the inputs (B, T, E) for tokens (B, T): scaled embeddings, in training with both kinds of dropout."""
        embedded: Tensor = self.dropout(self.embedding(tokens) * self.config.embedding_size**0.5)
        if self.training and self.word_dropout:
            embedded = embedded * F.dropout(embedded.new_ones(*tokens.shape, 1), self.word_dropout)
        return embedded

    def encode(self, source: Tensor, lengths: Tensor) -> tuple[Memory, DecoderState]:
        """Return the memory and the decoder's initial state for source (B, S), padded, and lengths (B,) on the CPU."""
        mask = source != PAD_ID
        annotations = words = self.embed(source)
        for index, layer in enumerate(self.encoder):
            annotations = layer(self.dropout(annotations) if index else annotations, lengths)  # (B, S, M)
        mean = annotations.sum(1) / mask.sum(1, keepdim=True)  # (B, M)
        states = torch.tanh(self.first_state(mean)).chunk(self.config.decoder_layers, dim=-1)
        annotations = self.dropout(annotations)
        if self.attention is None:
            empty = annotations[:, :, :0]
            memory = Memory(empty, empty, mask)
        else:
            memory = self.attention.memorize(annotations, mask, words if self.config.lexical else None)
        fed = mean.new_zeros(len(mean), self.config.embedding_size) if self.config.input_feeding else None
        return memory, DecoderState(tuple(state.contiguous() for state in states), 0, fed)

    def decode(
        self, target_in: Tensor, state: DecoderState, memory: Memory
    ) -> tuple[Tensor, DecoderState, Tensor | None]:
        """Decode target_in (B, T) from `state` on.

        Returns the attention vectors a_t (B, T, E), equation (3): a_t = tanh(W_c [c_t ; h_t]), with the term of the
        lexical model added if there is one; the state after the last position; and the attention weights (B, T, S), or
        None where the network has no attention.
        """
        embedded = self.embed(target_in)
        if not self.config.input_feeding:
            return self._advance(embedded, state, memory)
        vectors, weights = [], []
        for step in torch.split(embedded, 1, dim=1):
            vector, state, row = self._advance(step, state, memory)
            vectors.append(vector)
            if row is not None:
                weights.append(row)
        return torch.cat(vectors, 1), state, torch.cat(weights, 1) if weights else None

    def _advance(
        self, embedded: Tensor, state: DecoderState, memory: Memory
    ) -> tuple[Tensor, DecoderState, Tensor | None]:
        """Decode embedded (B, T, E) from `state` on, in one call per layer; with input feeding, T is 1."""
        first, *further = self.decoder
        fed = [] if state.fed is None else [state.fed.unsqueeze(1).to(embedded.dtype)]
        outputs, last = first(torch.cat([embedded, *fed], dim=-1), state.layers[0])  # (B, T, H)
        states, context, words, weights = [last], [], None, None
        if self.attention is not None:
            attended, weights = self.attention(outputs, memory, state.position)  # (B, T, M or M + E), (B, T, S)
            context, words = [attended[..., : self.config.hidden_size]], attended[..., self.config.hidden_size :]
        for layer, layer_state in zip(further, state.layers[1:], strict=True):
            outputs, last = layer(torch.cat([self.dropout(outputs), *context], dim=-1), layer_state)
            states.append(last)
        word = [embedded.to(outputs.dtype)] if self.config.attention_function == "bahdanau" else []
        read = torch.cat([*context, outputs, *word], dim=-1)
        vector = torch.tanh(linear(read, self.attention_vector.weight, self.attention_vector.bias))  # (B, T, E)
        fed_next = vector[:, -1] if self.config.input_feeding else None
        if self.lexical is not None and words is not None:
            words = torch.tanh(words)  # (B, T, E)
            vector = vector + torch.tanh(linear(words, self.lexical.weight, self.lexical.bias)) + words
        return self.dropout(vector), DecoderState(tuple(states), state.position + embedded.shape[1], fed_next), weights

    def logits(self, output: Tensor) -> Tensor:
        """Return the logits (..., V) of attention vectors (..., E)."""
        return linear(output, self.embedding.weight)

    def forward(self, source: Tensor, lengths: Tensor, target_in: Tensor) -> Tensor:
        """Return the attention vectors (B, T, E) of a batch, with teacher forcing."""
        memory, state = self.encode(source, lengths)
        output, _, _ = self.decode(target_in, state, memory)
        return output
