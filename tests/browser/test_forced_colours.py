"""With the colours of the system instead of ours, states, ways, charts, tabs and buttons stay readable."""

from __future__ import annotations

import pytest

from tests.browser.every_page import PAGES

SHOWN = (
    *("kit", "desk with work", "list", "case in delivery", "history of a case", "board by phase", "dashboard"),
    *("register", "deadlines", "step, grave", "new request"),
)

#: What cannot be told from its ground, as sentences.
FAINT = """() => {
  const probe = document.body.appendChild(document.createElement("i"));
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const light = ([red, green, blue]) => {
    const linear = [red, green, blue].map((each) => each / 255).map((each) =>
      each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const contrast = (one, other) => {
    const [low, high] = [light(rgb(one)), light(rgb(other))].sort((a, b) => a - b);
    return rgb(one)[3] < 255 ? 1 : (high + 0.05) / (low + 0.05);
  };
  probe.style.color = "Canvas";
  const ground = getComputedStyle(probe).color;
  probe.remove();
  const seen = (each) => each.checkVisibility({ visibilityProperty: true });
  const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
  const faint = [];
  const told = (what, each, ...colours) =>
    colours.some((colour) => contrast(colour, ground) >= 3) || faint.push(`${what}: ${each.outerHTML.slice(0, 90)}`);
  for (const each of all(".st")) {
    const mark = getComputedStyle(each, "::before");
    told("state", each, mark.borderLeftColor, mark.backgroundColor);
  }
  for (const each of all(".way ol li,.button,.card,.note,.board > section")) {
    const style = getComputedStyle(each);
    told("box", each, style.borderLeftWidth === "0px" ? ground : style.borderLeftColor, style.backgroundColor);
  }
  for (const each of all("svg.i")) told("icon", each, getComputedStyle(each).stroke);
  for (const each of all("svg:not(.i) :is(rect,path,circle)")) {
    const style = getComputedStyle(each);
    told("mark", each, ...[style.fill, style.stroke].filter((colour) => colour !== "none"));
  }
  for (const each of all("svg text")) {
    const box = each.getBoundingClientRect();
    const under = [...each.ownerSVGElement.querySelectorAll("rect")].filter((rect) => {
      const place = rect.getBoundingClientRect();
      const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
      const within = place.left < x && x < place.right && place.top < y && y < place.bottom;
      return within && getComputedStyle(rect).fill !== "none";
    });
    const paper = under.length ? getComputedStyle(under.at(-1)).fill : ground;
    if (contrast(getComputedStyle(each).fill, paper) < 4.5) faint.push(`text: ${each.outerHTML}`);
  }
  for (const strip of all(".tabs")) {
    const edge = (each) => getComputedStyle(each).borderBottomColor;
    const [here, other] = [strip.querySelector("[aria-current]"), strip.querySelector("a:not([aria-current])")];
    if (here && other && contrast(edge(here), edge(other)) < 3) faint.push(`tab: ${here.outerHTML}`);
  }
  return faint;
}"""

#: How the mark of each state looks: two that look alike cannot be told apart.
MARKS = """() => Object.fromEntries([...document.querySelectorAll("#states .st")].map((each) => {
  const mark = getComputedStyle(each, "::before");
  const looks = ["backgroundColor", "backgroundImage", "borderWidth", "borderRadius", "transform", "content"];
  return [each.className, looks.map((name) => mark[name]).join(" ")];
}))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", SHOWN)
def test_everything_can_be_told_from_its_ground(visit, named, name, scheme):
    person, address, _status = PAGES[name]
    visitor = visit(person, forced_colors="active", color_scheme=scheme)
    visitor.see(address.format(**named))
    assert visitor.page.evaluate("matchMedia('(forced-colors: active)').matches")
    visitor.page.evaluate("document.querySelectorAll('main details').forEach(folded => (folded.open = true))")
    assert visitor.page.evaluate(FAINT) == []


def test_every_state_looks_different(visit):
    visitor = visit(None, forced_colors="active", color_scheme="dark")
    visitor.see("/kit")
    marks = visitor.page.evaluate(MARKS)
    assert len(marks) >= 6 and len(set(marks.values())) == len(marks)
