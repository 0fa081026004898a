// The help: a link marked [data-help] opens its topic in the panel beside the work, or in a sheet over it where there is no room.
// Whether it is open is kept in this browser, and which topic for as long as its tab: the next page shows the same.
const panel = document.getElementById("help-panel");
const narrow = matchMedia("(max-width: 1120px)");
let opener = null;
function ask(storage) {
  try {
    return storage();
  } catch {
    return null; // Storage may be forbidden: nothing is lost but the memory of it.
  }
}

function keep(state, path) {
  document.documentElement.dataset.help = state;
  ask(() => localStorage.setItem("help", state));
  ask(() => sessionStorage.setItem("help", path));
}

// The page behind a sheet is out of reach until it is closed.
function sheet(on) {
  panel.toggleAttribute("data-sheet", on);
  for (const elt of document.querySelectorAll("body > :not(.layout, #announcer), .layout > :not(.help)")) elt.inert = on;
}

async function show({ pathname, search, hash }, focus) {
  await htmx.ajax("GET", pathname + (search || panel.dataset.helpQuery), { target: panel, swap: "innerHTML" });
  const topic = document.getElementById("help-topic");
  if (topic?.dataset.helpPath !== pathname) return; // It did not come; the flash bar says so.
  keep("open", pathname);
  if (!focus) return;
  sheet(narrow.matches);
  const place = (hash && document.getElementById(hash.slice(1))) || document.getElementById("help-title");
  place.tabIndex = -1;
  place.focus();
}

function close() {
  sheet(false);
  keep("closed", "");
  const links = [...document.querySelectorAll(".topbar [data-help], .main [data-help]")];
  (opener?.isConnected ? opener : (links.find((link) => link.href === opener?.href) ?? links[0])).focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-help]");
  const beside = panel?.hasAttribute("data-sheet") && !panel.contains(event.target);
  if (beside || event.target.closest("[data-help-close]")) close();
  if (!panel || beside || !link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!panel.contains(link)) opener = link;
  show(link, true);
});
panel?.addEventListener("keydown", (event) => event.key === "Escape" && close());
narrow.addEventListener("change", () => panel && sheet(false));
if (panel && !narrow.matches && ask(() => localStorage.getItem("help")) === "open") {
  const here = panel.firstElementChild?.dataset.helpPath;
  const pathname = ask(() => sessionStorage.getItem("help")) || here || panel.dataset.helpHome;
  if (pathname !== here) show({ pathname }, false);
}
