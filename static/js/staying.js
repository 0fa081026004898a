// A part of the page that is replaced by a newer one stays where it was for its reader: what was unfolded stays so, what is read
// keeps its place in the window, and the focus goes to the same control, or to the part itself where there is none any more.
let left = null;
let read = null;

const top = (element) => element.getBoundingClientRect().top;
const named = (element) => element.getAttribute("aria-label") ?? element.textContent;

function same(part) {
  return (left.id && document.getElementById(left.id))
    || [...part.querySelectorAll("a, button, input, summary")].find((element) => named(element) === left.name);
}

function isSeen(element) {
  const { top, bottom, height } = element.getBoundingClientRect();
  return height > 0 && top >= 0 && bottom <= innerHeight;
}

// By its id, for it may be replaced as well: where the cursor is, or else what stands first in the window.
function rememberPlace() {
  const places = [document.activeElement, ...document.querySelectorAll("main [id]")];
  const place = window.scrollY > 0 && places.find((element) => element.id && isSeen(element));
  read = place ? { id: place.id, top: top(place) } : {};
  setTimeout(() => { read = left = null; });
}

function keepPlace() {
  const place = read?.id && document.getElementById(read.id);
  if (place) window.scrollBy({ top: top(place) - read.top, behavior: "instant" });
}

document.addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
  if (!read) rememberPlace();
  for (const open of detail.target.querySelectorAll("details[id][open]")) {
    const newer = detail.fragment.querySelector(`#${open.id}`);
    if (newer) newer.open = true;
  }
  const active = document.activeElement;
  if (detail.target.contains(active)) left = { part: detail.target.id, id: active.id, name: named(active) };
});

document.addEventListener("htmx:oobAfterSwap", () => {
  keepPlace();
  const part = left && document.getElementById(left.part);
  if (!part || document.activeElement !== document.body) return;
  same(part)?.focus({ preventScroll: true });
  if (document.activeElement === document.body) {
    part.tabIndex = -1;
    part.focus({ preventScroll: true });
  }
});
