"""At 400 % zoom, which leaves 320 CSS pixels, no page loses anything; a finger and a keyboard reach every control."""

from __future__ import annotations

import pytest

from tests.browser.every_page import PAGES
from tests.browser.site import PHONE, speak

#: 1280 × 1024 pixels at 400 %.
ZOOMED = {"width": 320, "height": 256}
FINGER = 44
WHOLE = [name for name, (_who, _address, status) in PAGES.items() if name != "diagram" and status == 200]

#: Texts and controls that lie beyond the left or right edge, but for what is hidden or stands in a box that scrolls.
LOST = """() => {
  const hidden = (each) => {
    for (let up = each; up && up !== document.body; up = up.parentElement) {
      const style = getComputedStyle(up);
      if (["auto", "scroll"].includes(style.overflowX)) return true;
      if (style.clipPath !== "none" || style.opacity === "0" || up.matches(".skip")) return true;
    }
    return !each.checkVisibility({ visibilityProperty: true });
  };
  const beyond = (box) => box.width > 0 && box.height > 0 && (box.right > innerWidth + 1 || box.left < -1);
  const lost = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode;
    const around = text.parentElement;
    if (!text.data.trim() || around.closest("script,style,option,svg") || hidden(around)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    if ([...range.getClientRects()].some(beyond)) lost.push(text.data.trim());
  }
  for (const each of document.querySelectorAll("a,button,input:not([type=hidden]),select,textarea,summary,img"))
    if (!hidden(each) && beyond(each.getBoundingClientRect())) lost.push(each.outerHTML.slice(0, 100));
  const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  return wide > 0 ? [`the page is ${wide} px too wide`, ...lost] : lost;
}"""

#: Controls that a finger misses. Links in sentences are as high as their line.
SMALL = """(finger) => [
    ...document.querySelectorAll("button,.button,input,select,textarea,summary,.tabs a,.menu a,.choice"),
  ]
  .filter((each) => each.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((each) => !each.matches(".unseen,[type=radio],[type=checkbox],[type=hidden],.file .button"))
  .filter((each) => !(each.closest("label") ?? each).matches(".unseen"))
  .filter((each) => each.getBoundingClientRect().height < finger - 0.5)
  .map((each) => `${each.getBoundingClientRect().height} px: ${each.outerHTML.slice(0, 100)}`)"""

#: Controls without a mark while a keyboard is on them. A file is chosen by a button beside its own control.
UNMARKED = """() => [...document.querySelectorAll("a[href],button,input,select,textarea,summary,[tabindex='0']")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.disabled && each.tabIndex >= 0)
  .filter((each) => {
    each.focus();
    if (document.activeElement !== each) return false;
    const marked = each.matches("[type=file].unseen") ? each.nextElementSibling.querySelector(".button") : each;
    const style = getComputedStyle(marked);
    return style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2;
  })
  .map((each) => each.outerHTML.slice(0, 100))"""


@pytest.mark.parametrize("name", WHOLE)
def test_nothing_is_lost_at_400_percent(site, people, named, name):
    person, address, _status = PAGES[name]
    visitor = people(person)
    visitor.page.set_viewport_size(ZOOMED)
    for language in ("kk", "ru"):
        speak(site, visitor, language)
        visitor.see(address.format(**named))
        assert visitor.page.evaluate(LOST) == [], language
    visitor.page.evaluate("document.querySelectorAll('main details').forEach(folded => (folded.open = true))")
    assert visitor.page.evaluate(LOST) == []


@pytest.mark.parametrize("name", WHOLE)
def test_a_finger_and_a_keyboard_reach_every_control(people, named, name):
    person, address, _status = PAGES[name]
    visitor = people(person)
    visitor.page.set_viewport_size(PHONE)
    visitor.see(address.format(**named))
    visitor.page.evaluate("document.querySelectorAll('main details').forEach(folded => (folded.open = true))")
    assert visitor.page.evaluate(SMALL, FINGER) == []
    visitor.page.keyboard.press("Tab")  # from here on the browser marks what has the focus
    assert visitor.page.evaluate(UNMARKED) == []
