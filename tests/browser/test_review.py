"""Labelling by keyboard alone: mark, grade, save, go on to the next."""

from __future__ import annotations

import httpx

from tests.browser.conftest import Watched
from tests.dashboard.conftest import Desk

_SELECT = """() => {
  const words = document.querySelector('.passage .words').firstChild;
  const range = document.createRange();
  range.setStart(words, 0);
  range.setEnd(words, words.data.indexOf(' '));
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


def test_an_article_is_labelled_without_a_mouse(watched: Watched, site: tuple[Desk, str]) -> None:
    desk, address = site
    article = desk.alert.article_id
    page = watched.page
    watched.go(f"/review/{article}?author=Keys")
    page.keyboard.press("0")  # begin from nothing
    for box in page.query_selector_all("#passages input:checked"):
        box.evaluate("box => { box.checked = false }")
    page.keyboard.press("j")
    page.keyboard.press("c")  # this sentence speaks for chips, which is then at least to watch
    page.keyboard.press("Shift+C")
    page.select_option("#stage", "")
    page.select_option("#direction", "")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("s")
    page.keyboard.press("r")
    page.evaluate(_SELECT)
    page.keyboard.press("d")  # the selected word alone speaks for the other
    word = page.input_value("#span_cloud_data")
    page.keyboard.press("n")
    page.keyboard.type("jjcc is no command here")
    with page.expect_navigation(url="**/review/ar_*"):
        page.keyboard.press("Control+Enter")
    assert article not in page.url
    (label,) = httpx.get(f"{address}/v1/labels", params={"author": "Keys"}).json()["labels"]
    assert label["article_id"] == article
    assert label["labels"] == {"chips": 2, "cloud_data": 1, "outbound_investment": 0}
    assert (label["stage"], label["direction"]) == ("signal", "tightening")
    assert label["evidence"]["cloud_data"] == [word]
    assert len(label["evidence"]["chips"]) == 1
    assert label["note"] == "jjcc is no command here"
    # The queue, by keyboard too.
    watched.go("/review?author=Keys")
    page.keyboard.press("j")
    page.keyboard.press("j")
    chosen = page.locator(".item[aria-current=true] a").get_attribute("href")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.url.removeprefix(address) == chosen
