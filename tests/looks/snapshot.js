// The look of each component as a browser computes it: what does not hang on fonts, rounded to what a person could see.
const PROPERTIES = [
  "display", "color", "backgroundColor", "opacity", "fontSize", "fontWeight", "lineHeight", "letterSpacing",
  "paddingBlockStart", "paddingBlockEnd", "paddingInlineStart", "paddingInlineEnd",
  "marginBlockStart", "marginBlockEnd", "rowGap", "columnGap",
  "borderBlockStartWidth", "borderBlockStartStyle", "borderBlockStartColor", "borderBlockEndWidth", "borderBlockEndColor",
  "borderInlineStartWidth", "borderInlineStartColor", "borderStartStartRadius", "boxShadow", "textDecorationLine", "cursor",
];
const QUIET = new Set(["none", "normal", "auto", "0px", "rgba(0, 0, 0, 0)", "1", "block"]);
const BOXES = "button, .button, .icon, input, select, .badge, .dot, .skeleton-line";

function look(element) {
  const style = getComputedStyle(element);
  const parent = getComputedStyle(element.parentElement);
  const found = {};
  for (const property of PROPERTIES) {
    const inherited = ["color", "fontSize", "fontWeight", "lineHeight", "letterSpacing", "cursor"].includes(property);
    const line = property.match(/^border(Block|Inline)(Start|End)Color$/);
    if (line && style[`border${line[1]}${line[2]}Width`] === "0px") continue;
    if (QUIET.has(style[property]) || (inherited && style[property] === parent[property])) continue;
    found[property] = style[property];
  }
  // How high a control is depends on its line height and padding; how wide it is, on the font.
  if (element.matches(BOXES)) found.height = Math.round(element.getBoundingClientRect().height);
  return found;
}

function snapshot() {
  const looks = {};
  for (const part of document.querySelectorAll(".topbar, .sidenav, [id^=c-]")) {
    for (const element of [part, ...part.querySelectorAll("*")]) {
      if (element.closest("svg") && element.tagName !== "svg") continue;
      const classes = element.getAttribute("class")?.trim().split(/\s+/) ?? [];
      const state = [element.disabled && "disabled", element.getAttribute("aria-invalid") && "invalid",
        element.getAttribute("aria-current") && "current"].filter(Boolean).map((one) => `:${one}`);
      const key = element.tagName.toLowerCase() + classes.map((one) => `.${one}`).join("") + state.join("");
      const place = part.id || part.className;
      looks[place] ??= {};
      looks[place][key] ??= look(element);
    }
  }
  return looks;
}
