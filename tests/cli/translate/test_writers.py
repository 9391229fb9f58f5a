"""Each form of a translation, parsed, agrees with the plain translation; forms combine or are refused by name."""

import json

import pytest
from shell import text_of

from attn_cli.cli.translate.requests import Request
from attn_cli.cli.translate.writers import Form
from attn_cli.decoding.translator import Translation

LINES = ["one two three", "", "four. five six", "<b>seven</b> eight 👍", "42"]
TEXT = "".join(f"{line}\n" for line in LINES)


@pytest.fixture(scope="module")
def plain(shell):
    return text_of(shell("translate", stdin=TEXT).stdout).splitlines()


@pytest.fixture(scope="module")
def objects(shell):
    done = shell("translate", "--json", "--n-best", "3", stdin=TEXT)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in text_of(done.stdout).splitlines()]


def test_a_json_object_per_line_holds_the_plain_translation(objects, plain):
    assert [each["translation"] for each in objects] == plain
    assert [each["source"] for each in objects] == LINES
    assert [each["id"] for each in objects] == [1, 2, 3, 4, 5]
    assert all(0 <= each["confidence"] <= 1 and each["score"] <= 0 for each in objects)
    assert [each["confidence"] for each in objects if not each["pieces"]["target"]] == [1.0, 1.0]


def test_pieces_are_those_of_the_segments(objects):
    assert "".join(objects[0]["pieces"]["target"]).replace("▁", " ").strip() == objects[0]["translation"]
    assert "".join(objects[0]["pieces"]["source"]).replace("▁", " ").strip() == LINES[0]
    assert objects[4]["pieces"] == {"source": [], "target": []}


def test_an_alignment_links_the_words_of_the_line_and_copies_are_linked_to_themselves(objects):
    first, copied = objects[0]["alignment"], objects[3]["alignment"]
    assert first["source"] == ["one", "two", "three"]
    assert first["target"] == ["trois", "deux", "un"]
    assert first["links"] == [[2, 0], [1, 1], [0, 2]]
    assert (copied["source"][0], copied["target"][-1]) == ("<b>", "👍")
    assert [0, 0] in copied["links"]
    assert [len(copied["source"]) - 1, len(copied["target"]) - 1] in copied["links"]


def test_hypotheses_come_best_first_and_the_first_is_the_translation(objects):
    for each in objects:
        scores = [hypothesis["score"] for hypothesis in each["hypotheses"]]
        assert scores == sorted(scores, reverse=True)
        assert each["hypotheses"][0]["translation"] == each["translation"]
        assert each["hypotheses"][0]["score"] == each["score"]
    assert [len(each["hypotheses"]) for each in objects] == [3, 1, 3, 3, 1]


def test_a_list_of_the_n_best_has_the_number_of_the_line_from_0(shell, objects):
    done = shell("translate", "--n-best", "3", "--alignment", stdin=TEXT)
    rows = [line.split(" ||| ") for line in text_of(done.stdout).splitlines()]
    found = [[(text, float(score)) for number, text, score, _ in rows if int(number) == i] for i in range(len(LINES))]
    expected = [[(h["translation"], round(h["score"], 4)) for h in each["hypotheses"]] for each in objects]
    assert found == expected
    assert rows[0][3] == "0-2 1-1 2-0"


def test_columns_stand_in_one_order_and_any_can_be_left_out(shell, plain, objects):
    whole = text_of(shell("translate", "--alignment", "--score", "--confidence", stdin=TEXT).stdout)
    rows = [line.split("\t") for line in whole.splitlines()]
    assert [row[2] for row in rows] == plain
    assert [float(row[0]) for row in rows] == pytest.approx([each["confidence"] for each in objects], abs=1e-4)
    assert [float(row[1]) for row in rows] == pytest.approx([each["score"] for each in objects], abs=1e-4)
    links = [sorted([*map(int, link.split("-"))] for link in row[3].split()) for row in rows]
    assert links == [sorted(each["alignment"]["links"]) for each in objects]
    assert text_of(shell("translate", "--score", stdin=TEXT).stdout) == "".join(f"{row[1]}\t{row[2]}\n" for row in rows)


def test_a_text_cannot_look_like_a_column(shell):
    written = Form(n_best=True).of(Request(7, 8, "one"), Translation("un ||| deux", -0.5, -1.0, 0.5, (), ()), None)
    assert written == "7 ||| un | | | deux ||| -0.5000\n"
    assert text_of(shell("translate", "--score", "one\ttwo").stdout).count("\t") == 1


def test_samples_depend_on_the_seed_alone(shell):
    sample = ["translate", "--sample", "--temperature", "3", "--n-best", "4"]
    first, again, other = (shell(*sample, *seed, "one two").stdout for seed in ([], ["--seed", "1"], ["--seed", "2"]))
    assert first == again != other
    assert first.count(b"\n") == 4


def test_a_prefix_begins_each_translation(shell):
    done = shell("translate", "--prefix", "six", stdin="one two\n\nthree\n42\n")
    lines = text_of(done.stdout).splitlines()
    assert [line.startswith("six") for line in lines] == [True, False, True, False]
    assert (lines[1], lines[3]) == ("", "42")


def test_the_length_of_a_translation_can_be_limited(shell):
    assert text_of(shell("translate", "--max-length", "1", "one two three").stdout) == "trois\n"


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--json", "--score"], "--score"),
        (["--json", "--alignment"], "--alignment"),
        (["--n-best", "2", "--score"], "--score"),
        (["--n-best", "2", "--confidence"], "--confidence"),
        (["--temperature", "2"], "--temperature"),
        (["--top-k", "2"], "--top-k"),
        (["--json-input", "--paragraphs"], "--paragraphs"),
        (["-i", "file"], "--input"),
    ],
)
def test_what_makes_no_sense_together_is_refused_by_name(shell, options, named):
    done = shell("translate", *options, "one")
    assert (done.returncode, done.stdout) == (2, b"")
    assert named in text_of(done.stderr)


def test_an_alignment_needs_attention(shell, tmp_path):
    model = str(tmp_path / "vector")
    sizes = ("--embedding-size", "8", "--hidden-size", "8", "--decoder-layers", "1")
    assert shell("train", "digits", "--attention", "none", *sizes, "--steps", "1", "--out", model).returncode == 0
    refused = shell("translate", "-m", model, "--alignment", "one")
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert shell("translate", "-m", model, "--alignment", stdin="").returncode == 1
    assert b"trained with --attention none" in refused.stderr
    [found] = map(json.loads, shell("translate", "-m", model, "--json", "one").stdout.splitlines())
    assert found["alignment"] is None
