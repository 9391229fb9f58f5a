"""The repetition filter: which tokens it forbids, compared with its definition."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attn_cli.decoding.search.repetition_filter import forbidden, most_forbidden, run_limits, without
from attn_cli.foundation.settings import EOS_ID

VOCABULARY = 4


def runs(tokens, length=4):
    return Counter(tuple(tokens[begin : begin + length]) for begin in range(len(tokens) - length + 1))


def array(*rows):
    return np.array(rows, dtype=np.int64).reshape(len(rows), -1)


@given(
    st.integers(0, 24).flatmap(
        lambda t: st.lists(st.lists(st.integers(0, VOCABULARY - 1), min_size=t, max_size=t), min_size=1, max_size=4)
    ),
    st.integers(1, 4),
)
def test_a_token_is_forbidden_if_it_would_make_a_run_occur_more_often_than_the_limit(histories, limit):
    ids = np.tile(np.arange(VOCABULARY), (len(histories), 1))
    expected = [[runs(history)[(*history[-3:], token)] >= limit for token in ids[0]] for history in histories]
    limits = np.full(len(histories), limit)
    found = forbidden(ids, array(*histories), limits)
    assert found.tolist() == expected
    assert most_forbidden(array(*histories), limits) >= found.sum(axis=1).max()


def test_rows_have_limits_of_their_own():
    history = [5, 6, 7, 8, 5, 6, 7, 8, 5, 6, 7]
    found = forbidden(array([8, 9], [8, 9]), array(history, history), np.array([2, 3]))
    assert found.tolist() == [[True, False], [False, False]]


@pytest.mark.parametrize(
    ("source", "limit"),
    [
        ([EOS_ID], 2),
        ([4, 5, 6, 7, 8, 9, EOS_ID], 2),
        ([4, 5, 6, 7] * 3 + [EOS_ID], 2),  # its runs of six occur twice
        ([4, 5, 6, 7, 8, 9] * 3 + [EOS_ID], 3),
        ([4] * 9 + [EOS_ID], 4),  # overlapping ones count
    ],
)
def test_the_limit_is_two_or_as_often_as_the_source_repeats_six_tokens(source, limit):
    assert run_limits([source, [EOS_ID]]).tolist() == [limit, 2]


def test_forbidden_tokens_get_no_probability_unless_no_other_has_any():
    never = -np.inf
    logp = np.array([[-1.0, -2.0, never], [-1.0, -2.0, never], [-3.0, -4.0, -5.0]])
    repeats = np.array([[True, False, False], [True, True, False], [False, False, False]])
    assert without(logp, repeats).tolist() == [[never, -2.0, never], [-1.0, -2.0, never], [-3.0, -4.0, -5.0]]
