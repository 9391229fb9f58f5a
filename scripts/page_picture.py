"""The picture of the translating page in docs/: a sentence, its translation, and its attention.

    python -m scripts.page_picture MODEL [--text TEXT] --out docs/page.png

Needs selenium, chromium and chromedriver.
"""

import argparse
import base64
import shutil
import tempfile
from pathlib import Path

from attn_cli.display.page.page import write
from attn_cli.models.catalogue import open_model

WIDTH, HEIGHT = 940, 1090  # CSS pixels


# Puts a text into the field, and waits for its translation.
TRANSLATE = """
const [text, done] = arguments;
part("source").value = text;
const look = () => document.querySelector(".translated")?.textContent ? done() : setTimeout(look, 20);
ask();
look();
"""


def picture(page: Path, text: str) -> bytes:
    """Return a PNG of a page that has translated a text, with the matrix of its attention."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(executable_path=str(shutil.which("chromedriver"))))
    try:
        metrics = {"width": WIDTH, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        driver.get(page.as_uri())
        driver.execute_async_script(TRANSLATE, text)
        return base64.b64decode(driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"])
    finally:
        driver.quit()


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description="Write a picture of the page of a model.")
    parser.add_argument("model", help="a name or a folder")
    parser.add_argument("--text", default="Where can I buy a train ticket?")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.png")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        write(page, open_model(options.model))
        options.out.write_bytes(picture(page, options.text))


if __name__ == "__main__":
    main()
