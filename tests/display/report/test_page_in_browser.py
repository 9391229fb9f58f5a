"""The report in a browser: pointing by mouse, finger or keyboard; dark mode; a narrow screen; no requests."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from headless import look, opened_browser, requests, require_browser
from report_examples import LOG, PAIRS, reported

require_browser()
from selenium.common.exceptions import NoAlertPresentException  # noqa: E402
from selenium.webdriver.common.action_chains import ActionChains  # noqa: E402
from selenium.webdriver.common.actions.action_builder import ActionBuilder  # noqa: E402
from selenium.webdriver.common.actions.pointer_input import PointerInput  # noqa: E402
from selenium.webdriver.common.keys import Keys  # noqa: E402

ARABIC, LONG = ("good morning sir", "صباح الخير سيدي"), (f"an {'x' * 300}", f"un {'y' * 300}")
# The colour of each element that has text, and of all layers behind it: lists of [red, green, blue, opacity].
COLOURS = """
const parts = (colour) => [...colour.match(/[\\d.]+/g).map(Number), 1].slice(0, 4);
return [...document.querySelectorAll(arguments[0])].filter((element) => element.textContent.trim()).map((element) => {
  const behind = [];
  for (let layer = element; layer; layer = layer.parentElement)
    behind.push(parts(getComputedStyle(layer).backgroundColor));
  return [parts(getComputedStyle(element).color), behind];
});
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with opened_browser() as driver:
        yield driver


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    """A report about two models and a finished translation."""
    pairs = [*PAIRS, ARABIC, LONG]
    perfect = [target for _, target in pairs]
    hypotheses = {"model A": perfect, "model B": [f"{text} !" for text in perfect], "file.fr": perfect[::-1]}
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(reported(hypotheses, pairs, [LOG, LOG[:40], []]), encoding="utf-8")
    return path


@pytest.fixture
def page(browser, file) -> Any:
    """The browser with the report just opened, on a wide screen in light colours."""
    look(browser, width=1200, scheme="light")
    browser.get(file.as_uri())
    return browser


def words(page: Any, name: str, sentence: str = PAIRS[0][0]) -> list[Any]:
    """The words of the line called `name` in the article on a sentence."""
    for article in page.find_elements("css selector", "article"):
        source = article.find_element("css selector", "[data-name=source]")
        if source.text.startswith(sentence):
            return article.find_elements("css selector", f"[data-name='{name}'] .word")
    raise AssertionError(sentence)


def shades(page: Any, name: str, sentence: str = PAIRS[0][0]) -> list[float]:
    """The strength of the shade behind each word of a line, from 0 to 1."""
    colours = [word.value_of_css_property("background-color") for word in words(page, name, sentence)]
    return [float(re.findall(r"[\d.]+", colour)[3]) if "rgba" in colour else 1.0 for colour in colours]


def focused(page: Any) -> str:
    return str(page.switch_to.active_element.text)


def readout(page: Any) -> list[str]:
    shown = [element.text for element in page.find_elements("css selector", ".readout")]
    return [re.sub("[\u2068\u2069]", "", text) for text in shown if text]


def test_the_page_opens_without_a_message_an_alert_or_a_request_other_than_for_itself(page, file):
    assert "<script>alert(1)</script> un" in page.find_element("tag name", "body").text
    with pytest.raises(NoAlertPresentException):
        _ = page.switch_to.alert
    assert page.get_log("browser") == []
    assert requests(page) == {file.as_uri()}


def test_only_the_pages_own_script_runs(page):
    page.execute_script(
        "const added = document.createElement('script'); added.textContent = 'window.hacked = true';"
        "document.body.append(added);"
    )
    assert page.execute_script("return window.hacked") is None
    assert "Content Security Policy" in page.get_log("browser")[0]["message"]


def test_pointing_at_a_word_of_a_translation_shades_the_words_it_attends_to(page):
    assert shades(page, "source") == [0, 0, 0, 0, 0]
    ActionChains(page).move_to_element(words(page, "model A")[1]).perform()  # she *reads* a book, elle *lit* un livre
    assert shades(page, "source") == pytest.approx([0, 0.9, 0, 0, 0.1], abs=0.01)
    assert readout(page) == ["lit – reads 90 % · end 10 %"]
    ActionChains(page).move_to_element(page.find_element("tag name", "h1")).perform()
    assert shades(page, "source") == [0, 0, 0, 0, 0]
    assert readout(page) == []


def test_pointing_at_a_word_of_the_source_shades_the_words_of_each_translation(page):
    ActionChains(page).move_to_element(words(page, "source")[2]).perform()
    assert shades(page, "model A") == pytest.approx([0, 0, 0.9, 0, 0], abs=0.01)
    assert shades(page, "model B") == pytest.approx([0, 0, 0.9, 0, 0, 0], abs=0.01)
    assert readout(page) == ["a – model A: un 90 %; model B: un 90 %"]


def test_a_tap_has_the_same_effect(page):
    word = words(page, "model A")[3]
    page.execute_script("arguments[0].scrollIntoView({block: 'center'})", word)
    actions = ActionBuilder(page, mouse=PointerInput("touch", "finger"))
    actions.pointer_action.move_to(word).pointer_down().pointer_up()
    actions.perform()
    assert shades(page, "source") == pytest.approx([0, 0, 0, 0.9, 0.1], abs=0.01)


def test_the_keyboard_alone_has_the_same_effect(page):
    for _ in range(100):
        if focused(page) == "she":
            break
        ActionChains(page).send_keys(Keys.TAB).perform()
    assert shades(page, "model A") == pytest.approx([0.9, 0, 0, 0, 0], abs=0.01)
    ActionChains(page).send_keys(Keys.TAB, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT, Keys.ARROW_LEFT).perform()
    assert focused(page) == "lit"
    assert shades(page, "source") == pytest.approx([0, 0.9, 0, 0, 0.1], abs=0.01)
    ActionChains(page).send_keys(Keys.END).perform()
    assert focused(page) == "end"
    ActionChains(page).send_keys(Keys.ARROW_RIGHT).perform()
    assert focused(page) == "end"
    ActionChains(page).send_keys(Keys.HOME, Keys.TAB).perform()  # the line of the other model
    assert shades(page, "source") == pytest.approx([0.9, 0, 0, 0, 0.1], abs=0.01)
    ActionChains(page).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
    assert page.switch_to.active_element == words(page, "model A")[0]  # the word that was left


def test_arrow_keys_follow_the_direction_of_the_text(page):
    first, second, *_ = words(page, "model A", ARABIC[0])
    page.execute_script("arguments[0].focus()", first)
    assert first.location["x"] > second.location["x"]
    ActionChains(page).send_keys(Keys.ARROW_LEFT).perform()
    assert page.switch_to.active_element == second


def luminance(colour: list[float]) -> float:
    """Relative luminance, as WCAG 2.2 defines it."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (part / 255 for part in colour[:3])]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(colour: list[float], behind: list[list[float]]) -> float:
    """Contrast of a colour with the layers behind it, nearest first."""
    seen = [255.0] * 3
    for *layer, opacity in reversed(behind):
        seen = [opacity * one + (1 - opacity) * other for one, other in zip(layer, seen, strict=True)]
    lighter, darker = sorted((luminance(colour), luminance(seen)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_enough_contrast_in_light_and_in_dark_colours(scheme, page):
    look(page, width=1200, scheme=scheme)
    [[_, behind]] = page.execute_script(COLOURS, "body")
    assert (luminance(behind[0]) < 0.05) == (scheme == "dark")
    for word in words(page, "source"):  # the strongest shade
        page.execute_script("arguments[0].style.setProperty('--weight', 100)", word)
    for kind in ("body", "h2", "p", "th", "td", "small", "li", ".label", ".system", ".word", "footer"):
        elements = page.execute_script(COLOURS, kind)
        assert min(contrast(*colours) for colours in elements) >= 4.5, kind


def test_on_a_narrow_screen_the_page_does_not_scroll_sideways(page):
    look(page, width=360, scheme="light")
    page.execute_script("for (const details of document.querySelectorAll('details')) details.open = true;")
    assert page.execute_script("return [innerWidth, document.documentElement.scrollWidth]") == [360, 360]
    ends = page.execute_script(
        "return [...document.querySelectorAll('h1, h2, h3, p, figure, svg, li, article, .words, .word')]"
        ".map((element) => element.getBoundingClientRect().right)"
    )
    assert max(ends) <= 360
