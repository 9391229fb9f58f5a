"""Reading text to train on into the spool, cleaned by several processes, and warnings about the text as a whole."""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial

from attn_cli.foundation.processes import ordered_map
from attn_cli.text.analysis.parting import Parting
from attn_cli.text.analysis.sides import check_sides
from attn_cli.text.formats import Pair
from attn_cli.text.formats.opening import share_read
from attn_cli.text.preparation.cleaning import Cleaner
from attn_cli.text.preparation.progress import Reporter
from attn_cli.text.preparation.spool import Spool, chunks, cleaned

SAMPLED_CHUNKS, SAMPLED_PAIRS = 5, 200  # chunks whose languages are judged, and pairs of each


def read_into(
    spool: Spool, location: str, pairs: Iterable[Pair], cleaner: Cleaner, processes: int, reporter: Reporter
) -> Counter[str]:
    """Write the pairs of a location to the spool, cleaned; return how many were mended, for each kind.

    A remark names sides that are shifted, swapped, equal, or in other languages than those of the cleaner.
    """
    mended, sample = Counter[str](), list[Pair]()
    begin, parting = spool.count, None
    for chunk in ordered_map(partial(cleaned, cleaner), _sampled(chunks(pairs), sample), processes):
        if chunk.parting and not parting:
            parting = Parting(spool.count - begin + chunk.parting.line, chunk.parting.missing)
        spool.add(chunk)
        mended.update(chunk.mended)
        reporter.counted(spool.count - begin, share_read())
    if parting:
        reporter.note(f"warning: {location}: {parting.message(('the source', 'the target'))}; check the files")
    if warning := _about_sides(sample, cleaner.languages):
        reporter.note(f"warning: {location}: {warning}")
    return mended


def _sampled(lists: Iterable[list[Pair]], sample: list[Pair]) -> Iterator[list[Pair]]:
    """Yield the lists of pairs; put some consecutive pairs of the first ones into `sample`."""
    for number, pairs in enumerate(lists):
        if number < SAMPLED_CHUNKS:
            sample += pairs[:SAMPLED_PAIRS]
        yield pairs


def _about_sides(sample: list[Pair], languages: tuple[str, str]) -> str | None:
    return check_sides([source for source, _ in sample], [target for _, target in sample], languages)
