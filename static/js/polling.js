// What polls ([data-poll], hx-trigger="every ...") rests while nobody looks, and asks less and less often while nobody answers.
// What is not to be had any more, is not asked for again, and the flash bar says so.
const FIRST = 2000;
const LONGEST = 15000;
let failures = 0;
let restUntil = 0;

function polls(detail) {
  return Boolean((detail.requestConfig?.elt ?? detail.elt).closest("[data-poll]"));
}

function tellThatItIsGone() {
  const flash = document.getElementById("flash-gone").content.firstElementChild.cloneNode(true);
  document.getElementById("flashbar")?.append(flash);
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (polls(event.detail) && (document.hidden || Date.now() < restUntil)) event.preventDefault();
});

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  if (!polls(detail)) return;
  const status = detail.xhr.status;
  if (status >= 400 && status < 500) {
    restUntil = Infinity; // The page is not ours any more; asking again would not change that.
    tellThatItIsGone();
  } else if (status >= 200 && status < 300) {
    failures = restUntil = 0;
  } else {
    failures += 1;
    restUntil = Date.now() + Math.min(FIRST * 2 ** failures, LONGEST);
  }
});

document.addEventListener("visibilitychange", () => {
  if (restUntil !== Infinity) restUntil = 0;
});
