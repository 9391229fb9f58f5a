"""Short names for well-known corpora, with the licence and the citation of each where they are known.

A short name stands for the newest version that the list of corpora has for a pair of languages, unless one is given.
"""

from dataclasses import dataclass

_OPUS = "Tiedemann (2012): Parallel Data, Tools and Interfaces in OPUS"


@dataclass(frozen=True)
class Known:
    """What is known of a corpus: its group in the ids of mtdata, a page about it, its licence, and what to cite."""

    group: str
    page: str
    licence: str | None
    citation: str = _OPUS
    version: str = ""  # where the newest is another text


NAMES = {
    "bible": Known(
        "OPUS-bible_uedin",
        "https://github.com/christos-c/bible-corpus",
        "CC0 1.0",
        "Christodouloupoulos and Steedman (2015): A massively parallel corpus: the Bible in 100 languages",
    ),
    "europarl": Known(
        "OPUS-europarl",
        "https://www.statmt.org/europarl/",
        "its authors know of no copyright restrictions",
        "Koehn (2005): Europarl: A Parallel Corpus for Statistical Machine Translation",
    ),
    "global-voices": Known(
        "OPUS-globalvoices", "https://globalvoices.org/about/global-voices-attribution-policy/", "CC BY"
    ),
    "news-commentary": Known("OPUS-news_commentary", "https://data.statmt.org/news-commentary/", None),
    "opensubtitles": Known(
        "OPUS-opensubtitles",
        "https://www.opensubtitles.org",
        None,
        "Lison and Tiedemann (2016): OpenSubtitles2016: Extracting Large Parallel Corpora from Movie and TV Subtitles",
    ),
    "opus-100": Known(
        "OPUS-opus100_train",
        "https://opus.nlpl.eu/opus-100.php",
        None,
        "Zhang et al. (2020): Improving Massively Multilingual Neural Machine Translation and Zero-Shot Translation",
    ),
    "paracrawl": Known(
        "OPUS-paracrawl",
        "https://paracrawl.eu",
        "CC0 1.0",
        "Bañón et al. (2020): ParaCrawl: Web-Scale Acquisition of Parallel Corpora",
    ),
    "tatoeba": Known("OPUS-tatoeba", "https://tatoeba.org/en/terms_of_use", "CC BY 2.0 FR"),
    "ted-talks": Known(
        "OPUS-ted2020",
        "https://www.ted.com/about/our-organization/our-policies-terms/ted-talks-usage-policy",
        "CC BY-NC-ND 4.0",
        "Reimers and Gurevych (2020): Making Monolingual Sentence Embeddings Multilingual using Knowledge Distillation",
    ),
    "tico-19": Known(
        "OPUS-tico_19",
        "https://tico-19.github.io",
        "CC0 1.0",
        "Anastasopoulos et al. (2020): TICO-19: the Translation Initiative for COvid-19",
    ),
    "un": Known(
        "OPUS-unpc",
        "https://conferences.unite.un.org/UNCorpus",
        None,
        "Ziemski et al. (2016): The United Nations Parallel Corpus v1.0",
        "v1.0",
    ),
    "wikimatrix": Known(
        "OPUS-wikimatrix",
        "https://github.com/facebookresearch/LASER/tree/main/tasks/WikiMatrix",
        "CC BY-SA",
        "Schwenk et al. (2021): WikiMatrix: Mining 135M Parallel Sentences in 1620 Language Pairs from Wikipedia",
    ),
}


def known(group: str) -> Known | None:
    """Return what is known of the corpus of this group and name, such as "OPUS-tatoeba", or None."""
    return next((entry for entry in NAMES.values() if entry.group == group), None)
