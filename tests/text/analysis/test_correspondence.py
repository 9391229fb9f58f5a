"""Pairs whose numbers disagree: what is a reason, and what a translation may change."""

import pytest

from attn_cli.text.analysis.correspondence import disagrees


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("287 Duckworth Street", "boîte postale 937"),
        ("Form 2 of 7", "Formulaire 3 sur 8"),
        ("on 3 May 1998", "le 4 mai 1997"),
        ("in 1998", "在1988年"),
        ("page 12", "صفحة ١٥"),
        ("12 men", "١٥"),
    ],
)
def test_a_pair_disagrees_whose_numbers_are_others(source, target):
    assert disagrees(source, target)
    assert disagrees(target, source)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("no number", "aucun nombre"),
        ("40 days", "quarante jours"),
        ("twelve", "12"),
        ("the 3rd of May", "le 3e jour de mai"),
        ("1,000 kg", "1 000 kg"),
        ("1,000,000.50", "1.000.000,50"),
        ("1'234", "1\u202f234"),
        ("2.5 %", "2,5 %"),
        ("page 12", "صفحة ١٢"),
        ("in 1998", "１９９８ 年"),
        ("30,000 yen", "3万円"),
        ("1.5 million", "150万"),
        ("at 8:30 p.m.", "à 20 h 30"),
        ("the 1950s", "les années 50"),
        ("1989-90", "1989-1990"),
        ("No. 007", "n° 7"),
        ("2005-2006", "20052006"),
        ("sections 3, 4 and 5", "articles 3 à 5"),
        ("0", "12"),
        ("", "12"),
    ],
)
def test_a_pair_does_not_disagree_whose_numbers_may_mean_the_same(source, target):
    assert not disagrees(source, target)
    assert not disagrees(target, source)


def test_a_table_of_figures_is_not_judged_and_takes_no_time():
    source, target = (" ".join(str(10_007 * n + offset) for n in range(20_000)) for offset in (0, 1))
    assert not disagrees(source, target)
    assert disagrees("1" * 100_000, "2 " * 1000)
