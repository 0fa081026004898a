// Says when the console cannot be reached, and takes it back when it can: the browser has no network, or what polls
// ([data-poll]) got no answer twice in a row. What is sent by hand is answered for by flash.js.
const bar = document.getElementById("flashbar");
const TWICE = 2;
let misses = 0;
let told = false;

function tell() {
  if (!bar || told) return;
  told = true; // Once for each outage, even when it was dismissed.
  const flash = document.getElementById("flash-offline").content.firstElementChild.cloneNode(true);
  flash.dataset.offline = "";
  bar.prepend(flash);
}

function takeBack() {
  misses = 0;
  told = false;
  bar?.querySelector("[data-offline]")?.remove();
}

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const status = detail.xhr.status;
  if (status > 0 && status < 500) return takeBack();
  const polls = (detail.requestConfig?.elt ?? detail.elt).closest("[data-poll]");
  if (polls && ++misses >= TWICE) tell();
});

window.addEventListener("offline", tell);
window.addEventListener("online", takeBack);
if (!navigator.onLine) tell();
