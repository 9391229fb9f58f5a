"""A headless browser, for the tests of pages."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

WANTED = ("chromium", "chromedriver")


def require_browser() -> None:
    """Skip the tests of a module where there is no browser."""
    pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    if missing := [name for name in WANTED if not shutil.which(name)]:
        pytest.skip(f"not installed: {', '.join(missing)}", allow_module_level=True)


@contextmanager
def opened_browser() -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(executable_path=str(shutil.which("chromedriver"))))
    try:
        yield driver
    finally:
        driver.quit()


def requests(page: Any) -> set[str]:
    """The addresses that a page has asked for since the last call."""
    events = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    return {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}


def look(browser: Any, *, width: int, scheme: str) -> None:
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def wait_until(browser: Any, condition: str) -> Any:
    """The value of a JavaScript expression, once it is true."""
    browser.set_script_timeout(20)
    script = f"""
        const done = arguments[0];
        const look = () => {{
          const value = {condition};
          if (value) done(value);
          else setTimeout(look, 10);
        }};
        look();
    """
    return browser.execute_async_script(script)
