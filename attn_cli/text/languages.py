"""Language codes, their names, pairs of them, the scripts that are written without spaces, and words in any script.

A code is letters, with further parts of letters or digits after underscores: en, pt_BR, zh_Hans, eng_Latn, es_419.
"""

import re

# Characters of scripts without spaces between words, as parts of a regular expression.
LETTERS = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer: as many to a word as Latin letters
CHARACTERS = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"  # kana, and Chinese characters: words and syllables
SPACELESS = f"[{LETTERS}{CHARACTERS}]"

LONG_WORD = 4  # characters; text of these scripts that has been split into words has shorter words on average
_is_spaceless = re.compile(SPACELESS).search
_WORD = re.compile(
    rf"[{CHARACTERS}] | [{LETTERS}]{{1,{LONG_WORD}}} | [^\W{LETTERS}{CHARACTERS}][^\s{LETTERS}{CHARACTERS}]*",
    re.VERBOSE,
)


_CODE = r"([^\W\d_]+(?:_[^\W_]+)*)"
_PAIR = re.compile(f"{_CODE}-{_CODE}")

# Codes of three letters, and others in use, with the code of two letters for the language.
_CODES = dict(
    re.findall(
        r"(\w+)=(\w+)",
        """
        afr=af als=sq amh=am ara=ar arb=ar asm=as aze=az azj=az bel=be ben=bn bos=bs bre=br bul=bg cat=ca ces=cs cmn=zh
        cym=cy dan=da deu=de ekk=et ell=el eng=en epo=eo est=et eus=eu fao=fo fas=fa fin=fi fra=fr fry=fy gla=gd gle=ga
        glg=gl guj=gu hat=ht hau=ha heb=he hin=hi hrv=hr hun=hu hye=hy ibo=ig ind=id isl=is ita=it iw=he jav=jv jpn=ja
        kan=kn kat=ka kaz=kk khk=mn khm=km kin=rw kir=ky kmr=ku kor=ko kur=ku lao=lo lat=la lav=lv lin=ln lit=lt ltz=lb
        lug=lg lvs=lv mal=ml mar=mr mkd=mk mlg=mg mlt=mt mon=mn msa=ms mya=my nb=no nep=ne nld=nl nno=nn nob=no nor=no
        npi=ne oci=oc ori=or orm=om ory=or pan=pa pbt=ps pes=fa plt=mg pol=pl por=pt pus=ps quy=qu ron=ro rus=ru san=sa
        sin=si slk=sk slv=sl som=so spa=es sqi=sq srp=sr swa=sw swe=sv swh=sw tam=ta tat=tt tel=te tgk=tg tgl=tl tha=th
        tuk=tk tur=tr uig=ug ukr=uk urd=ur uzb=uz uzn=uz vie=vi xho=xh yor=yo zho=zh zsm=ms zul=zu
        """,
    )
)

_NAMES = (
    "ar arabic az azerbaijani bg bulgarian bn bengali ca catalan cs czech cy welsh da danish de german el "
    "greek en english eo esperanto es spanish et estonian eu basque fa persian fi finnish fr french ga "
    "irish gl galician he hebrew hi hindi hr croatian hu hungarian hy armenian id indonesian is icelandic "
    "it italian ja japanese ka georgian kk kazakh ko korean lt lithuanian lv latvian mk macedonian mt "
    "maltese nl dutch no norwegian pl polish pt portuguese ro romanian ru russian sk slovak sl slovenian "
    "sq albanian sr serbian sv swedish sw swahili ta tamil th thai tr turkish uk ukrainian ur urdu vi "
    "vietnamese zh chinese"
)
_BY_NAME = dict(zip(_NAMES.split()[1::2], _NAMES.split()[::2], strict=True))  # by the English name, in small letters


def is_code(language: str) -> bool:
    """Return whether `language` is a code, and so can be a part of the name of a file."""
    return re.fullmatch(_CODE, language) is not None


def split_pair(pair: str) -> tuple[str, str] | None:
    """Return the two languages of `pair` ("en-pt_BR" -> "en", "pt_BR"), or None where it is not two different codes."""
    match = _PAIR.fullmatch(pair)
    return (match[1], match[2]) if match and match[1] != match[2] else None


def reversed_pair(pair: str) -> str | None:
    """Return "fr-en" for "en-fr", or None where `pair` is not a language pair."""
    languages = split_pair(pair)
    return f"{languages[1]}-{languages[0]}" if languages else None


def base_code(language: str) -> str:
    """Return the language alone ("pt_BR" -> "pt"), in two letters where there is such a code ("eng_Latn" -> "en")."""
    letters = language.partition("_")[0].lower()
    return str(_CODES.get(letters, letters))


def name_of(language: str) -> str:
    """Return the English name of a language ("en" -> "English", "pt_BR" -> "Portuguese (pt_BR)"), else its code."""
    code = base_code(language)
    name = next((name.capitalize() for name, known in _BY_NAME.items() if known == code), None)
    if name is None or language.lower() in (code, name.lower()):
        return name or language
    return f"{name} ({language})" if "_" in language else name


def count_words(text: str) -> int:
    """Return the number of words of `text`, separated by spaces or, where the script has none, estimated.

    Each Chinese character or kana is a word, and so are four letters of Thai, Lao, Burmese or Khmer. Text of these
    scripts that has been split into words, with spaces, has those words.
    """
    words = len(text.split())
    if text.isascii() or not _is_spaceless(text) or (words > 1 and len(text) < (LONG_WORD + 1) * words):
        return words
    return len(_WORD.findall(text))


def is_named(language: str, name: str) -> bool:
    """Return whether `name` means `language`, a code, in any case.

    "en", "en-US", "en_GB" and "English" mean en; "pt-BR", "pt" and "Portuguese" mean pt_BR, but "pt-PT" does not.
    """
    folded, code = name.strip().casefold().replace("-", "_"), language.casefold()
    return folded == code or folded.partition("_")[0] == code or base_code(code) in (folded, _BY_NAME.get(folded))
