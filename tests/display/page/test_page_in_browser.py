"""The translating page in a browser: typing, pointing, the matrix, hostile text, requests, colours, a narrow screen."""

import base64
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from headless import look, opened_browser, requests, require_browser, wait_until

from attn_cli.display.page.page import write

require_browser()
from selenium.common.exceptions import NoAlertPresentException  # noqa: E402
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

HOSTILE = "<script>alert(1)</script>"
DONE = "part('translation').getAttribute('aria-busy') === 'false'"
# The contrast of each element's text with the colour behind it, as WCAG 2.2 defines it.
CONTRASTS = """
const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
const light = (colour) => numbers(colour).slice(0, 3).map((v) => v / 255)
  .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, index) => sum + v * [0.2126, 0.7152, 0.0722][index], 0);
const behind = (element) => {
  for (; element; element = element.parentElement) {
    const colour = getComputedStyle(element).backgroundColor;
    if ((numbers(colour)[3] ?? 1) === 1) return colour;
  }
};
return [...document.querySelectorAll(arguments[0])].filter((element) => element.checkVisibility()).map((element) => {
  const [one, other] = [light(getComputedStyle(element).color), light(behind(element))];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
});
"""


@pytest.fixture(scope="module")
def file(stored, tmp_path_factory) -> Path:
    """The page of a small model whose name and description are hostile."""
    folder = tmp_path_factory.mktemp("models") / f"a&b {HOSTILE.replace('/', '')}"
    folder.mkdir()
    (folder / "README.md").write_text(
        f"# {HOSTILE}\n\n| a | b |\n|---|---|\n| {HOSTILE} | c |\n\n- one\n", encoding="utf-8"
    )
    path = tmp_path_factory.mktemp("page") / "page.html"
    write(path, replace(stored, folder=folder))
    return path


@pytest.fixture(scope="module")
def opened(file) -> Iterator[Any]:
    """The page, opened once, with what its opening has logged and asked for."""
    with opened_browser() as browser:
        look(browser, width=1200, scheme="light")
        browser.get(file.as_uri())
        wait_until(browser, "isReady")
        browser.first = (browser.get_log("browser"), requests(browser))
        yield browser


@pytest.fixture
def page(opened) -> Any:
    """The page with an empty field, on a wide screen in light colours."""
    look(opened, width=1200, scheme="light")
    opened.execute_script("part('three').checked = false; part('beam').value = 5; part('source').value = ''; ask();")
    wait_until(opened, DONE)
    yield opened
    # A test that reads the pixels of a picture twice is told how to be faster.
    assert [entry for entry in opened.get_log("browser") if "getImageData" not in entry["message"]] == []


def translated(page: Any, text: str) -> list[str]:
    """The translation of each line of a text that is put into the field."""
    page.execute_script("part('source').value = arguments[0]; ask();", text)
    wait_until(page, DONE)
    return lines(page)


def lines(page: Any) -> list[str]:
    return [str(element.text) for element in page.find_elements("css selector", ".translated")]


def words(page: Any, name: str) -> list[Any]:
    return list(page.find_elements("css selector", f"#sentences [data-name={name}] .word"))


def test_it_opens_without_a_message_or_a_request_other_than_for_itself(page, file):
    messages, asked = page.first
    assert messages == []
    assert {url for url in asked if not url.startswith("blob:")} == {file.as_uri()}  # the worker is a blob of the page
    translated(page, "one two")
    assert {url for url in requests(page) if not url.startswith("blob:")} == set()
    with pytest.raises(NoAlertPresentException):
        _ = page.switch_to.alert
    shown = page.find_element("tag name", "main").text
    assert shown.count(HOSTILE) == 2  # in the model's description
    assert "a&b <script>alert(1)<script>" in shown
    assert page.execute_script("return document.querySelectorAll('script.weights').length") == 0


def test_only_the_pages_own_script_runs_and_nothing_can_be_loaded(page):
    page.execute_script(
        "const added = document.createElement('script'); added.textContent = 'window.hacked = true';"
        "document.body.append(added); fetch('https://example.org/').catch(() => {});"
    )
    assert page.execute_script("return window.hacked") is None
    assert all("Content Security Policy" in entry["message"] for entry in page.get_log("browser")[:2])
    assert requests(page) - {"https://example.org/"} == set()


def test_it_translates_while_one_types(page):
    page.find_element("id", "source").send_keys("one two three")
    wait_until(page, f"{DONE} && document.querySelector('.translated')?.textContent")
    assert lines(page) == ["trois deux un"]
    assert "Translated in" in page.find_element("id", "state").text
    page.find_element("id", "source").send_keys(Keys.ENTER, "four")
    wait_until(page, f"{DONE} && document.querySelectorAll('.translated')[1]?.textContent")
    assert lines(page) == ["trois deux un", "quatre"]
    page.find_element("id", "source").send_keys(Keys.CONTROL + "a", Keys.DELETE)
    wait_until(page, f"{DONE} && !part('translation').textContent")
    assert page.find_elements("css selector", "article") == []
    assert not page.find_element("id", "attention").is_displayed()


def test_what_is_typed_meanwhile_replaces_what_was_asked(page):
    names = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    text = "\n".join(" ".join((*names, *(names[(line // 9**place) % 9] for place in range(3)))) for line in range(300))
    counted = (
        "window.answers = 0; worker.addEventListener('message', ({ data }) => { answers += data.kind === 'line'; });"
    )
    page.execute_script(f"{counted} part('source').value = arguments[0]; ask();", text)
    page.execute_script("part('source').value = 'one two'; ask();")
    wait_until(page, DONE)
    assert lines(page) == ["deux un"]
    answers = page.execute_script("return answers")
    time.sleep(0.5)
    assert page.execute_script("return answers") == answers < 250  # the worker has given up the 300 lines
    page.execute_script("ANSWERS.line({ id: asked - 1, index: 0, best: [{ text: 'old' }], alignments: [] });")
    assert lines(page) == ["deux un"]


def test_lines_sentences_and_odd_text_come_out_in_order(page):
    assert translated(page, "one two. Three.\n\n42\n one")[1:] == ["", "42", "un"]
    assert len(page.find_elements("css selector", "#sentences > div:first-child article")) == 2


def test_markup_is_shown_as_text(page):
    [text] = translated(page, f"one {HOSTILE} two")
    assert "<script>" in text
    assert page.execute_script("return document.querySelectorAll('#work script, #sentences script').length") == 0
    with pytest.raises(NoAlertPresentException):
        _ = page.switch_to.alert


def test_a_large_paste_is_translated_and_blocks_nothing(page):
    text = ("one two three. " * 334)[:5000]
    page.execute_script("part('source').value = arguments[0]; ask();", text)
    began = page.execute_async_script(
        "const done = arguments[0], since = performance.now(); setTimeout(() => done(performance.now() - since), 0);"
    )
    assert began < 500
    wait_until(page, DONE)
    assert lines(page)[0].count("trois") >= 300
    assert len(page.find_elements("css selector", "article")) == 50


def test_a_long_text_has_no_more_elements_while_it_is_translated(page):
    translated(page, "one two")
    count = page.execute_script(
        "ANSWERS.line({ id: asked, index: 0, best: [{ text: '' }], alignments: Array(60).fill(current) });"
        "return document.querySelectorAll('#sentences article').length;"
    )
    assert 0 < count <= 50


def test_beam_size_and_the_three_best(page):
    page.execute_script("part('three').click();")
    translated(page, "one two")
    assert [len(page.find_elements("css selector", "#translation li"))] == [2]
    page.execute_script("part('three').click();")
    for size in ("0", "", "1000", "1"):
        page.execute_script("part('beam').value = arguments[0];", size)
        assert translated(page, "one two") == ["deux un"]


def test_pointing_at_a_word_shades_the_words_that_it_attends_to(page):
    translated(page, "one two three")
    assert [word.text for word in words(page, "source")] == ["one", "two", "three", "end"]
    assert [word.text for word in words(page, "translation")] == ["trois", "deux", "un", "end"]
    ActionChains(page).move_to_element(words(page, "translation")[0]).perform()
    weights = page.execute_script(
        "const words = [...document.querySelectorAll('[data-name=source] .word')];"
        "return words.map((word) => Number(word.style.getPropertyValue('--weight')));"
    )
    assert weights.index(max(weights)) == 2  # trois attends to three
    assert page.find_element("css selector", ".readout").text


def test_the_keyboard_reaches_all_in_order(page):
    translated(page, "one two three")
    page.execute_script("part('source').focus();")
    reached = []
    for _ in range(9):
        ActionChains(page).send_keys(Keys.TAB).perform()
        element = page.switch_to.active_element
        reached.append(element.get_attribute("id") or element.get_attribute("aria-label") or element.text)
    assert reached == [
        "translation", "beam", "three", "copy", "Attention matrix", "save", "one", "trois",
        "A table of the model's description",
    ]  # fmt: skip
    page.execute_script("arguments[0].focus();", words(page, "translation")[0])
    ActionChains(page).send_keys(Keys.ARROW_RIGHT).perform()
    assert page.switch_to.active_element.text == "deux"


def test_the_matrix_is_drawn_and_can_be_saved(page):
    translated(page, "one two three")
    assert (
        page.find_element("id", "matrix").get_attribute("aria-label") == "Attention of 4 target words to 4 source words"
    )
    picture, shares = page.execute_async_script("""
        const done = arguments[0];
        HTMLAnchorElement.prototype.click = function () { done([this.download, current.weights[0]]); };
        part("save").click();
    """)
    assert picture == "attention.png"
    assert shares.index(max(shares)) == 2
    url = page.execute_script("return part('matrix').toDataURL()")
    assert base64.b64decode(url.split(",")[1])[:4] == b"\x89PNG"
    cells = page.execute_script("""
        const canvas = part("matrix"), context = canvas.getContext("2d");
        const scale = canvas.width / parseFloat(canvas.style.width);
        const columns = [...Array(Math.floor(canvas.width)).keys()];
        const row = canvas.height - (8 + 28 * 3.5) * scale; // the first of four rows, above the margin
        const pixels = context.getImageData(0, Math.round(row), canvas.width, 1).data;
        return columns.map((x) => pixels[4 * x + 2]);
    """)
    assert min(cells) < 80 < max(cells)  # a strong cell of the shade, which has little blue, on paper


def test_copying_gives_all_lines(page):
    translated(page, "one\ntwo")
    page.execute_script(
        "const value = { writeText: async (text) => { window.copied = text; } };"
        "Object.defineProperty(navigator, 'clipboard', { configurable: true, value });"
    )
    page.find_element("id", "copy").click()
    wait_until(page, "part('state').textContent === 'Copied'")
    assert page.execute_script("return window.copied") == "un\ndeux"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast(scheme, page):
    translated(page, "one two three")
    look(page, width=1200, scheme=scheme)
    for kind in (
        "body",
        "h1",
        "h2",
        "p",
        "label",
        "textarea",
        "button",
        "input",
        "dt",
        "dd",
        "td",
        "th",
        ".word",
        "footer",
    ):
        assert min(page.execute_script(CONTRASTS, kind)) >= 4.5, kind
    paper = page.execute_script("return [...part('matrix').getContext('2d').getImageData(0, 0, 1, 1).data]")
    assert (paper[0] < 60) == (scheme == "dark")


def test_on_a_narrow_screen_the_page_does_not_scroll_sideways(page):
    look(page, width=360, scheme="light")
    translated(page, "one two three four five six seven eight nine " + "x" * 200)
    assert page.execute_script("return [innerWidth, document.documentElement.scrollWidth]") == [360, 360]


def test_right_to_left_text_is_written_from_the_right(page):
    translated(page, "صباح الخير")
    assert page.execute_script("return getComputedStyle(part('source')).direction") == "rtl"
    assert page.find_element("css selector", ".translated").get_attribute("dir") == "auto"


def test_the_picture_of_a_long_sentence_has_no_more_pixels_than_browsers_draw(page):
    pixels = page.execute_script(
        "const canvas = document.createElement('canvas'), words = Array(170).fill({ text: 'word' });"
        "const weights = words.map(() => words.map(() => 0.5));"
        "draw(canvas, { source: words, target: words, weights }, PICTURE);"
        "return canvas.width * canvas.height;"
    )
    assert 15e6 < pixels <= 16e6
