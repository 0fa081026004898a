// What is wrong with the page that is open, as a list of sentences. Each function is asked for by name (checks.py).
const visible = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
const name = (element) => {
  const id = element.id ? `#${element.id}` : "";
  const classes = typeof element.className === "string" ? element.className.trim().split(/\s+/).filter(Boolean) : [];
  return element.tagName.toLowerCase() + id + classes.map((one) => `.${one}`).join("");
};
const hidden = (element) => element.closest(".vh, .skip, [aria-hidden=true], [inert]") !== null;

const checks = {
  structure({ ajar }) {
    const found = [];
    const headings = [...document.querySelectorAll("h1")].filter(visible);
    if (headings.length !== 1) found.push(`${headings.length} visible h1`);
    if (!document.title.trim()) found.push("no title");
    for (const landmark of ["main", "header"]) {
      const count = document.querySelectorAll(`${landmark}:not(main *)`).length;
      if (count !== 1) found.push(`${count} elements ${landmark}`);
    }
    if (!ajar && document.querySelector("dialog[open]")) found.push("a dialog is open");
    for (const element of document.querySelectorAll("[tabindex]")) {
      if (element.tabIndex > 0) found.push(`${name(element)}: takes the keyboard out of order`);
    }
    for (const element of document.querySelectorAll("[style]:not([style='']), [onclick]")) found.push(`${name(element)}: inline`);
    return found;
  },

  overflow() {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return [];
    const wide = [...document.querySelectorAll("body *")].filter((element) => {
      const box = element.getBoundingClientRect();
      return visible(element) && !hidden(element) && (box.right > room + 1 || box.left < -1);
    });
    return [`wider than the window: ${wide.slice(0, 3).map(name).join(", ")}`];
  },

  motion() {
    return document.getAnimations().filter((one) => one.playState === "running").map(
      (one) => `${name(one.effect.target)}: moves although motion is to be reduced`);
  },

  // The keyboard was used before this is asked, so that the browser shows where the focus is.
  focus() {
    const modal = document.querySelector("dialog:modal") ?? document;
    const controls = modal.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary");
    const found = [];
    for (const element of controls) {
      if (element.disabled || !visible(element) || element.closest("[inert]")) continue;
      element.focus({ preventScroll: true });
      if (document.activeElement !== element) found.push(`${name(element)}: cannot be reached`);
      else {
        const style = getComputedStyle(element);
        if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) found.push(`${name(element)}: no focus ring`);
      }
      if (!element.closest(".skip") && element.getBoundingClientRect().width === 0) found.push(`${name(element)}: focus without a place`);
    }
    document.activeElement?.blur();
    return found;
  },

  // With colours forced: text in the system's colours, which differ from what lies behind it.
  forced() {
    const luminance = (color) => {
      const parts = color.match(/[\d.]+/g).map(Number);
      const [r, g, b] = parts.slice(0, 3).map((part) => {
        const share = part / 255;
        return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
      });
      return { light: 0.2126 * r + 0.7152 * g + 0.0722 * b, alpha: parts[3] ?? 1 };
    };
    const behind = (element) => {
      for (let place = element; place; place = place.parentElement) {
        const back = luminance(getComputedStyle(place).backgroundColor);
        if (back.alpha > 0.5) return back.light;
      }
      return luminance(getComputedStyle(document.documentElement).backgroundColor).alpha ? 1 : 0;
    };
    const found = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      if (!walker.currentNode.data.trim() || !visible(element) || hidden(element) || element.closest(":disabled")) continue;
      const [front, back] = [luminance(getComputedStyle(element).color).light, behind(element)];
      const contrast = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
      if (contrast < 3) found.add(`${name(element)}: text cannot be seen with forced colours (${contrast.toFixed(1)})`);
    }
    return [...found];
  },

  // With JavaScript off: what a person can press is a link or sends a form, and what needs a script is out of sight.
  scriptless() {
    const found = [];
    for (const button of document.querySelectorAll("button")) {
      if (!visible(button) || button.popoverTargetElement) continue; // A popover needs no script.
      if (button.closest("#content-main") && button.form) continue; // Django's admin sends its forms to the page itself.
      if (button.type !== "submit" || !button.form) found.push(`${name(button)}: does nothing without a script`);
      else if (!button.form.getAttribute("action") && !button.hasAttribute("formaction")) found.push(`${name(button)}: its form leads nowhere`);
    }
    for (const element of document.querySelectorAll("[hx-get], [hx-post]")) {
      const plain = element.matches("form[action], a[href], button[type=submit], [data-poll]") || element.closest("form[action]");
      if (visible(element) && element.matches("a, button, form") && !plain) found.push(`${name(element)}: needs htmx`);
    }
    if (![...document.querySelectorAll("main h1")].some(visible)) found.push("nothing to read");
    return found;
  },

  async shift() {
    let sum = 0;
    const moved = new Set();
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (entry.hadRecentInput) continue;
        sum += entry.value;
        for (const source of entry.sources) if (source.node?.nodeType === 1) moved.add(name(source.node));
      }
    });
    observer.observe({ type: "layout-shift", buffered: true });
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
    observer.disconnect();
    return sum > 0 ? [`the page moves while it loads (${sum.toFixed(3)}): ${[...moved].slice(0, 3).join(", ")}`] : [];
  },
};
