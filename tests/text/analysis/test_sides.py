"""The languages of both sides: swapped, equal, in another language; and text that is not judged."""

import random
from pathlib import Path

import pytest

from attn_cli.text.analysis.sides import check_sides
from attn_cli.text.formats import read_parallel

ROOT = Path(__file__).parents[3]
CROATIAN = """Gdje je najbliža željeznička postaja?
Jučer smo cijeli dan radili u vrtu iza kuće.
Moja sestra ne voli jabuke, ali voli kruške.
Vlak za Zagreb kreće u osam sati ujutro.
Djeca su se igrala na ulici do večeri.
Kupila je kruh i mlijeko u maloj trgovini.""".splitlines()
SERBIAN = """Gde je najbliža železnička stanica?
Juče smo ceo dan radili u bašti iza kuće.
Moja sestra ne voli jabuke, ali voli kruške.
Voz za Beograd kreće u osam sati ujutru.
Deca su se igrala na ulici do večeri.
Kupila je hleb i mleko u maloj prodavnici.""".splitlines()
NORWEGIAN = """Hvor er den nærmeste jernbanestasjonen?
I går arbeidet vi hele dagen i hagen bak huset.
Søsteren min liker ikke epler, men hun liker pærer.
Toget til Bergen går klokka åtte om morgenen.
Barna lekte i gata helt til kvelden.
Hun kjøpte brød og melk i en liten butikk.""".splitlines()
GERMAN = """Wo ist der nächste Bahnhof?
Gestern haben wir den ganzen Tag im Garten hinter dem Haus gearbeitet.
Meine Schwester mag keine Äpfel, aber sie mag Birnen.
Der Zug nach Hamburg fährt um acht Uhr morgens.
Die Kinder spielten bis zum Abend auf der Straße.
Sie kaufte Brot und Milch in einem kleinen Laden.""".splitlines()

HINDI = """सबसे नज़दीकी स्टेशन कहाँ है?
कल हमने पूरे दिन घर के पीछे बगीचे में काम किया।
मेरी बहन को सेब पसंद नहीं हैं, लेकिन नाशपाती पसंद हैं।
दिल्ली की रेलगाड़ी सुबह आठ बजे चलती है।
बच्चे शाम तक सड़क पर खेलते रहे।""".splitlines()
ARABIC = """أين أقرب محطة قطار؟
عملنا أمس طوال اليوم في الحديقة خلف البيت.
أختي لا تحب التفاح ولكنها تحب الكمثرى.
ينطلق القطار إلى القاهرة في الثامنة صباحا.
لعب الأطفال في الشارع حتى المساء.""".splitlines()


def many(lines):
    return random.Random(1).choices(lines, k=60)


@pytest.fixture(scope="module")
def sides():
    pairs = list(read_parallel(str(ROOT / "data" / "en-fr" / "train"), ("en", "fr")))[:500]
    return [source for source, _ in pairs], [target for _, target in pairs]


@pytest.mark.parametrize("languages", [("en", "fr"), ("eng_Latn", "fr_CA"), ("en", "tlh"), ("xx", "yy")])
def test_sides_in_their_languages_and_unknown_languages_give_no_warning(languages, sides):
    assert check_sides(*sides, languages) is None


@pytest.mark.parametrize("size", [20, 500])
def test_swapped_sides_are_named(size, sides):
    english, french = (side[:size] for side in sides)
    assert check_sides(french, english, ("en", "fr")) == (
        "the source side looks like fr and the target side like en: are the two sides swapped?"
    )


def test_both_sides_in_one_language_are_named(sides):
    english, _ = sides
    warning = check_sides(english, english[::-1], ("en", "fr"))
    assert warning == "both sides look like en, not en and fr: is one of them the wrong file?"


def test_sides_that_are_equal_in_most_lines_are_named(sides):
    english, french = sides
    warning = check_sides(english, english[:300] + french[300:], ("en", "fr"))
    assert warning == "the two sides are equal in 60% of the lines: is one of them the wrong file?"
    assert check_sides(english, english[:200] + french[200:], ("en", "fr")) is None


@pytest.mark.parametrize(("target", "name"), [("hu", "fr"), ("de", "fr"), ("ja", "fr")])
def test_a_side_in_quite_another_language_is_named(target, name, sides):
    assert check_sides(*sides, ("en", target)) == (
        f"the target side looks like {name}, not {target}: is it the right file, and {target} its language?"
    )


@pytest.mark.parametrize(
    ("source", "target", "languages"),
    [
        (CROATIAN, GERMAN, ("sr_Latn", "de")),
        (SERBIAN, GERMAN, ("hr", "de")),
        (SERBIAN, GERMAN, ("bs", "de")),
        (CROATIAN, SERBIAN, ("hr", "sr")),
        (SERBIAN, CROATIAN, ("hr", "sr")),
        (NORWEGIAN, GERMAN, ("nb", "de")),
        (NORWEGIAN, GERMAN, ("nn", "de")),
        (NORWEGIAN, GERMAN, ("da", "de")),
    ],
)
def test_related_languages_are_not_told_apart(source, target, languages):
    assert check_sides(many(source), many(target), languages) is None


@pytest.mark.parametrize(
    ("text", "language"), [(CROATIAN, "hr"), (SERBIAN, "hr"), (NORWEGIAN, "nn"), (HINDI, "hi"), (ARABIC, "ar")]
)
def test_sides_of_any_script_and_of_languages_that_have_related_ones_are_seen_to_be_swapped(text, language):
    assert check_sides(many(text), many(GERMAN), (language, "de")) is None
    assert check_sides(many(GERMAN), many(text), (language, "de")) == (
        f"the source side looks like de and the target side like {language}: are the two sides swapped?"
    )


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["Where is the station?"],
        [""] * 500,
        [f"{number}.{number % 7} {number * 3}" for number in range(500)],
        [f"x_{number} = compute(y[{number}], z.name)  # {number}" for number in range(500)],
        ["a" * 1_000_000] * 40,
    ],
)
def test_numbers_code_and_too_little_text_are_not_judged(lines):
    assert check_sides(lines, lines[::-1], ("en", "fr")) is None
