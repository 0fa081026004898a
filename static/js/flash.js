// The flash bar: messages can be dismissed, and a request that got no usable answer says so politely, once.
const bar = document.getElementById("flashbar");

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dismiss]");
  if (!button) return;
  button.closest(".flash").remove();
  document.getElementById("main").focus({ preventScroll: true });
});

function settle() {
  bar?.querySelector("[data-trouble]")?.remove();
}

function trouble(event) {
  // What polls tries again by itself and has its own patience.
  if (!bar || event.detail.elt.closest("[data-poll]")) return;
  settle();
  const flash = document.getElementById("flash-trouble").content.firstElementChild.cloneNode(true);
  flash.dataset.trouble = "";
  bar.append(flash);
}

for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, trouble);
document.addEventListener("htmx:afterRequest", (event) => event.detail.successful && settle());
