/// Rules of WCAG 2.2 that a script can check on the page that is shown; what they find is a list of sentences.
///
/// Source: W3C, "Web Content Accessibility Guidelines 2.2"; the rule sets of axe-core, by name.
enum AccessibilityRules {
  static let script = #"""
    const found = [];
    const say = (rule, element, what) =>
      found.push(`${rule}: ${element.outerHTML.slice(0, 120)}: ${what}`);
    const isShown = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
    const all = (selector) => [...document.querySelectorAll(selector)].filter(isShown);
    const byIds = (ids) => ids.split(/\s+/).map((id) => document.getElementById(id));
    const nameOf = (e) => {
      const by = e.getAttribute("aria-labelledby");
      if (by) return byIds(by).map((x) => x?.textContent ?? "").join(" ").trim();
      const label = e.getAttribute("aria-label");
      if (label) return label.trim();
      if (e.labels?.length) return [...e.labels].map((x) => x.textContent).join(" ").trim();
      if (e.tagName === "IMG") return e.alt.trim();
      const inner = [...e.querySelectorAll("img[alt], [aria-label]")]
        .map((x) => x.getAttribute("alt") ?? x.getAttribute("aria-label")).join(" ");
      return (e.textContent + inner).trim() || (e.title ?? "").trim();
    };

    if (!document.documentElement.lang) say("html-has-lang", document.documentElement, "no lang");
    if (!document.title.trim()) say("document-title", document.head, "no title");
    if (all("main").length !== 1) say("landmark-one-main", document.body, "not one main");
    if (all("h1").length !== 1) say("page-has-heading-one", document.body, "not one h1");
    const view = document.querySelector("meta[name=viewport]")?.content ?? "";
    if (/user-scalable\s*=\s*no|maximum-scale/.test(view)) say("meta-viewport", document.head, view);

    const ids = new Set();
    for (const e of document.querySelectorAll("[id]")) {
      if (ids.has(e.id)) say("duplicate-id", e, e.id);
      ids.add(e.id);
    }
    for (const e of document.querySelectorAll("img")) {
      if (!e.hasAttribute("alt")) say("image-alt", e, "no alt");
    }
    for (const e of all("canvas, svg[role=img], [role=img]")) {
      if (e.getAttribute("aria-hidden") !== "true" && !nameOf(e)) say("role-img-alt", e, "no name");
    }
    for (const e of all("button, a[href], input:not([type=hidden]), select, textarea, summary")) {
      if (!nameOf(e)) say("name", e, "a control without a name");
      if (e.tagName !== "BUTTON" && e.tagName !== "A" && !e.labels?.length
        && !e.hasAttribute("aria-label") && !e.hasAttribute("aria-labelledby")) {
        say("label", e, "a field without a label");
      }
      const box = e.getBoundingClientRect();
      // A skip link is out of sight until it has the focus.
      const isInText = getComputedStyle(e).display === "inline" || e.matches(".skip");
      if (box.width > 1 && !isInText && (box.width < 24 || box.height < 24)
        && !["radio", "checkbox"].includes(e.type)) {
        say("target-size", e, `${box.width} × ${box.height}`);
      }
    }
    for (const e of document.querySelectorAll("[tabindex]")) {
      if (Number(e.getAttribute("tabindex")) > 0) say("tabindex", e, "above 0");
    }
    for (const attribute of ["aria-labelledby", "aria-describedby", "aria-controls"]) {
      for (const e of document.querySelectorAll(`[${attribute}]`)) {
        if (byIds(e.getAttribute(attribute)).includes(null)) say("aria-valid-attr-value", e, attribute);
      }
    }
    for (const e of document.querySelectorAll("[aria-hidden=true]")) {
      if (e.querySelector("button, a[href], input, select, textarea, [tabindex='0']")) {
        say("aria-hidden-focus", e, "something in it takes the focus");
      }
    }
    for (const list of document.querySelectorAll("ul, ol")) {
      if ([...list.children].some((e) => e.tagName !== "LI")) say("list", list, "not only items");
    }
    for (const table of all("table")) {
      if (!table.querySelector("th")) say("td-has-header", table, "no headers");
    }
    let level = 0;
    for (const e of document.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
      if (!e.checkVisibility()) continue;
      const next = Number(e.tagName[1]);
      if (next > level + 1) say("heading-order", e, `${level} to ${next}`);
      level = next;
    }
    for (const e of all("*")) {
      if (!["auto", "scroll"].includes(getComputedStyle(e).overflowX)
        || e.scrollWidth <= e.clientWidth + 1 || e.tagName === "TEXTAREA") continue;
      if (e.tabIndex < 0 && !e.querySelector("button, a[href], [tabindex='0']")) {
        say("scrollable-region-focusable", e, "cannot be scrolled with keys");
      }
    }

    // Contrast: 4.5, or 3 for large letters.
    const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const parse = (colour) => {
      paint.clearRect(0, 0, 1, 1);
      paint.fillStyle = colour;
      paint.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
      return [r, g, b, a / 255];
    };
    const over = (top, back) => top.slice(0, 3).map((v, i) => v * top[3] + back[i] * (1 - top[3]));
    const backOf = (e) => {
      const layers = [];
      for (let at = e; at; at = at.parentElement) {
        const colour = parse(getComputedStyle(at).backgroundColor);
        if (colour[3] > 0) layers.push(colour);
        if (colour[3] > 0.99) break;
      }
      return layers.reverse().reduce((back, top) => over(top, back), [255, 255, 255]);
    };
    const brightness = (c) => {
      const [r, g, b] = c.map((v) => v / 255)
        .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const seen = new Set();
    while (walker.nextNode()) {
      const e = walker.currentNode.parentElement;
      if (!walker.currentNode.textContent.trim() || seen.has(e) || !isShown(e) || e.closest(".sr, option, :disabled, svg, script, noscript")) continue;
      seen.add(e);
      const style = getComputedStyle(e), back = backOf(e);
      const [a, b] = [brightness(over(parse(style.color), back)), brightness(back)];
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const size = parseFloat(style.fontSize), isLarge = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
      if (contrast < (isLarge ? 3 : 4.5)) say("color-contrast", e, contrast.toFixed(2));
    }
    if (document.documentElement.scrollWidth > innerWidth) {
      say("reflow", document.documentElement, `${document.documentElement.scrollWidth} pixels in ${innerWidth}`);
    }
    return found;
    """#
}
