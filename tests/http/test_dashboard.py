"""The dashboard, looked at in a browser.

With the variable SCREENSHOTS, what was seen is kept in that folder.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.browser import Browser, browser_in, missing_for_browser
from tests.harness.waiting import eventually
from tests.http.society import fill
from tests.http.world import World, world_in
from tests.system.registry import ADMIN_TOKEN

pytestmark = pytest.mark.browser

LOADED = "document.documentElement.dataset.loaded"
HIDDEN = "hidden-node-secret"
CLOSED = "closed-network-secret"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if missing := missing_for_browser():
        pytest.skip(f"THE DASHBOARD IS NOT TESTED HERE: {missing}")
    with browser_in(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A registry with an open and a closed network."""
    with world_in(tmp_path_factory.mktemp("world")) as world:
        shown, hidden = world.register(hostname="alice"), world.register(hostname=HIDDEN)
        other = world.register(hostname="bob")
        world.network(shown, other, name="lab")
        world.network(hidden, name=CLOSED, join_rule="invite")
        world.trust(shown, hidden)
        world.as_admin("set_tags", node_id=shown, tags=["gpu"])
        world.as_admin("set_polo_score", node_id=shown, polo_score=7)
        yield world


@pytest.fixture
def page(world: World, browser: Browser) -> Iterator[Browser]:
    """The dashboard as a stranger sees it; a page that complains fails its test."""
    browser.size(1440, 900)
    browser.prefer("light")
    browser.open(f"{world.url}/")
    browser.run("sessionStorage.clear(); localStorage.clear()")
    browser.open(f"{world.url}/")
    browser.until(LOADED)
    browser.complaints()
    yield browser
    complaints = [text for text in browser.complaints() if "401" not in text]
    assert complaints == []


def text(browser: Browser, id_: str) -> str:
    said: str = browser.run(f"return document.getElementById('{id_}').innerText")
    return said


def click(browser: Browser, selector: str) -> None:
    browser.run(f"document.querySelector('{selector}').click()")


def sign_in(browser: Browser, token: str = ADMIN_TOKEN) -> None:
    click(browser, "#sign")
    browser.until("document.activeElement.id === 'token'")
    browser.press(token + "\ue007")


def keep(browser: Browser, folder: Path, name: str, *, whole: bool = False) -> None:
    """Take a screenshot, and keep it where somebody wants to see it."""
    file = folder / f"{name}.png"
    browser.screenshot(file, whole=whole)
    assert file.stat().st_size > 20_000  # something was drawn
    if wanted := os.environ.get("SCREENSHOTS"):
        Path(wanted).mkdir(parents=True, exist_ok=True)
        shutil.copy(file, wanted)


class TestStranger:
    def test_sees_open_networks_and_nothing_of_closed_ones(self, page: Browser) -> None:
        assert text(page, "online") == "2"
        assert text(page, "networks") == "1"
        assert text(page, "links-note") == "not told to strangers"
        everything = page.run("return document.documentElement.outerHTML")
        assert "alice" in everything
        assert HIDDEN not in everything
        assert CLOSED not in everything

    def test_is_told_how_to_see_more(self, page: Browser) -> None:
        assert text(page, "sign") == "Sign in"
        assert "public view" in text(page, "about")


class TestAdministrator:
    def test_signs_in_with_the_keyboard_and_sees_everything(
        self, page: Browser, tmp_path: Path
    ) -> None:
        sign_in(page)
        page.until("document.getElementById('networks').innerText === '2'")
        page.until(f"{LOADED} === '3'")
        assert text(page, "links") == "1"
        assert HIDDEN in text(page, "rows")
        keep(page, tmp_path, "administrator")

    def test_is_told_when_the_token_is_wrong(self, page: Browser) -> None:
        sign_in(page, "wrong")
        page.until("document.getElementById('refusal').innerText")
        assert text(page, "refusal") == "authorization: not the registry's"
        assert text(page, "networks") == "1"

    def test_sees_nothing_more_once_signed_out(self, page: Browser) -> None:
        sign_in(page)
        page.until(f"{LOADED} === '3'")
        click(page, "#sign")
        page.until(f"{LOADED} === '2'")
        assert HIDDEN not in page.run("return document.documentElement.outerHTML")

    def test_sees_what_happens_while_it_happens(self, page: Browser, world: World) -> None:
        sign_in(page)
        page.until(f"{LOADED} === '3'")
        page.until("document.getElementById('live-state').innerText === 'live'")
        world.as_admin("set_tags", node_id=3, tags=["night"])
        page.until("document.getElementById('events').innerText.includes('has the tags night')")


class TestControls:
    def test_a_tag_is_a_filter(self, page: Browser) -> None:
        page.until("document.querySelector('.tag')")
        click(page, ".tag")
        assert page.run("return document.querySelector('.tag').ariaPressed") == "true"
        assert "alice" in text(page, "rows")
        assert "bob" not in text(page, "rows")
        click(page, "#clear-tag")
        assert "bob" in text(page, "rows")

    def test_a_node_is_found_by_its_name_and_chosen(self, page: Browser) -> None:
        page.run("document.getElementById('search').focus()")
        page.press("ali")
        page.until("!document.getElementById('rows').innerText.includes('bob')")
        click(page, "#rows button")
        page.until("document.getElementById('facts').innerText.includes('0:0000.0000.0001')")
        assert text(page, "chosen-title") == "alice"

    def test_the_picture_is_moved_by_keys(self, page: Browser) -> None:
        def looks() -> int:
            drawn: str = page.run("return document.getElementById('canvas').toDataURL()")
            return hash(drawn)

        page.run("document.getElementById('canvas').focus()")
        before = looks()
        page.press("+\ue014")  # closer, and to the right
        eventually(looks, lambda now: now != before)
        page.press("0")
        eventually(looks, lambda now: now == before)

    def test_light_and_dark_follow_the_system_until_somebody_chooses(self, page: Browser) -> None:
        ground = "getComputedStyle(document.body).backgroundColor"
        light = page.run(f"return {ground}")
        page.prefer("dark")
        dark = eventually(lambda: page.run(f"return {ground}"), lambda now: now != light)
        click(page, "#theme")
        assert page.run(f"return {ground}") == light
        page.run("location.reload()")
        page.until(LOADED)
        assert page.run(f"return {ground}") == light != dark


class TestScreens:
    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_a_desktop(self, page: Browser, tmp_path: Path, scheme: str) -> None:
        sign_in(page)
        page.until(f"{LOADED} === '3'")
        page.prefer(scheme)
        page.until(f"document.documentElement.dataset.theme === '{scheme}'")
        keep(page, tmp_path, f"desktop-{scheme}", whole=True)

    def test_a_phone_scrolls_in_one_direction(self, page: Browser, tmp_path: Path) -> None:
        page.size(360, 740, phone=True)
        page.until("innerWidth === 360")
        assert page.run("return document.documentElement.scrollWidth") == 360
        smallest = page.run(
            "return Math.min(...[...document.querySelectorAll('header button')]"
            ".map((one) => one.offsetHeight))"
        )
        assert smallest >= 38  # a thumb can hit it
        keep(page, tmp_path, "phone", whole=True)


class TestApiPage:
    def test_shows_every_call(self, page: Browser, world: World, tmp_path: Path) -> None:
        page.open(f"{world.url}/api")
        page.until("document.querySelectorAll('.call').length > 5")
        assert "/api/v1/nodes" in text(page, "calls")
        keep(page, tmp_path, "api")


class TestManyNodes:
    def test_are_loaded_drawn_and_filtered_in_time(self, browser: Browser, tmp_path: Path) -> None:
        fill(tmp_path / "data", 10_000, 40)
        with world_in(tmp_path) as world:
            browser.size(1440, 900)
            browser.prefer("light")
            browser.open(f"{world.url}/")
            browser.run(f"sessionStorage.setItem('admin-token', '{ADMIN_TOKEN}')")
            browser.complaints()
            browser.open(f"{world.url}/")
            browser.until(f"{LOADED} === '10000'")
            painted = "Number(document.getElementById('canvas').dataset.paintedIn)"
            assert browser.until(painted) < 500  # ms; some 30 where nothing else runs
            keep(browser, tmp_path, "ten-thousand")
            for _ in range(5):
                click(browser, "#zoom-in")
            keep(browser, tmp_path, "ten-thousand-near")
            assert browser.until(painted) < 500
            click(browser, "#fit")
            click(browser, ".tag")
            keep(browser, tmp_path, "ten-thousand-filtered")
            assert browser.complaints() == []
