"""A model's settings in words."""

import pytest

from attn_cli.display.description import described
from attn_cli.foundation.settings import ModelConfig, TrainingConfig
from attn_cli.models.folder import ModelSettings


def texts(*, training: TrainingConfig | None = None, machine: dict[str, object] | None = None, **model: object):
    settings = ModelSettings(
        source_language="en", target_language="fr", corpus="mine", model=ModelConfig(vocab_size=2000, **model),
        training=training or TrainingConfig(steps=30_000), **(machine or {}),
    )  # fmt: skip
    return dict(described(settings, 6_920_448))


def test_the_usual_model_is_described():
    assert texts() == {
        "Corpus": "mine, en to fr",
        "Attention": "general, global, soft, luong",
        "Layers": "gru; encoder 1, both directions; decoder 2",
        "Sizes": "hidden 512, embedding 256, vocabulary 2,000",
        "Parameters": "6.9 million",
        "Training": "30,000 steps; batches of 1,600 tokens; learning rate 0.001; seed 1",
        "Regularization": "dropout 0.3, of words 0.1; label smoothing 0.1",
        "Machine": "auto, auto, threads: all",
    }


def test_the_parent_of_a_fine_tuned_model_is_named():
    assert texts(machine={"parent": "general-en-fr"})["Fine-tuned from"] == "general-en-fr"


@pytest.mark.parametrize(
    ("changes", "attention"),
    [
        ({"attention": "none"}, "none"),
        ({"attention": "none", "input_feeding": True}, "none, input feeding"),
        ({"window": "local-p", "window_size": 5}, "general, local-p (±5), soft, luong"),
        ({"hard_attention": True, "attention_function": "bahdanau"}, "general, global, hard, bahdanau"),
        ({"attention": "dot", "input_feeding": True}, "dot, global, soft, luong, input feeding"),
        ({"lexical": True}, "general, global, soft, luong, lexical"),
    ],
)
def test_each_kind_of_attention_is_named(changes, attention):
    assert texts(**changes)["Attention"] == attention


def test_a_share_of_synthetic_pairs_is_named():
    assert texts(training=TrainingConfig(steps=1, synthetic_share=0.25))["Training"].endswith(
        "; synthetic share 0.25; seed 1"
    )


def test_consistency_is_named_where_there_is_some():
    assert "consistency" not in texts(training=TrainingConfig(steps=1))["Regularization"]
    assert texts(training=TrainingConfig(steps=1, consistency=0.5))["Regularization"].endswith("; consistency 0.5")


def test_direction_budget_and_machine_are_those_of_the_settings():
    machine = {"device": "cuda", "precision": "bfloat16", "threads": 2}
    found = texts(training=TrainingConfig(minutes=2.5), machine=machine, bidirectional=False)
    assert found["Layers"] == "gru; encoder 1, one direction; decoder 2"
    assert found["Training"].startswith("2.5 minutes; ")
    assert found["Machine"] == "cuda, bfloat16, threads: 2"
